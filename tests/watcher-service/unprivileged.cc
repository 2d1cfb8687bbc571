#include "tests/watcher-service/unprivileged.h"

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace hestia {
namespace {
constexpr uid_t kNobody = 65'534;
}  // namespace

Unprivileged::Unprivileged(const TempFolder& folder) : was_root_(geteuid() == 0) {
  if (!was_root_) return;
  EXPECT_EQ(chmod(folder.path().c_str(), 0755), 0);
  // glibc changes the user of all threads.
  EXPECT_EQ(seteuid(kNobody), 0);
}

Unprivileged::~Unprivileged() {
  if (!was_root_) return;
  EXPECT_EQ(seteuid(0), 0);
}

}  // namespace hestia
