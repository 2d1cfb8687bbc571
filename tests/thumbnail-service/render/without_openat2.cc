// Linked into a test program, makes its kernel one from before openat2(2).

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include <gtest/gtest.h>
#include <seccomp.h>

namespace hestia {
namespace {
class WithoutOpenat2 : public testing::Environment {
  void SetUp() override {
    const scmp_filter_ctx rules = seccomp_init(SCMP_ACT_ALLOW);
    ASSERT_EQ(seccomp_rule_add(rules, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0), 0);
    ASSERT_EQ(seccomp_load(rules), 0);
    seccomp_release(rules);
    ASSERT_EQ(::syscall(SYS_openat2, 0, "", nullptr, 0), -1);
    ASSERT_EQ(errno, ENOSYS);
  }
};

[[maybe_unused]] const testing::Environment* const without_openat2 =
    testing::AddGlobalTestEnvironment(new WithoutOpenat2);
}  // namespace
}  // namespace hestia
