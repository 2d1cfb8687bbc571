#include "thumbnail-service/renderer/jail/syscall_filter.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "common/unique_fd.h"
#include "thumbnail-service/renderer/jail/allowed_syscalls.h"

namespace hestia {
namespace {
// Stands for the pid of whoever enters, which is not known when the filter is made.
constexpr std::uint32_t kOwnPid = 0x7e57'0a1d;

constexpr std::uint32_t kRefused = SCMP_ACT_ERRNO(EACCES);

// An int in a register: what is above its 32 bits is nobody's business.
constexpr std::uint64_t kInt = 0xffff'ffff;

// Whether argument number `index` has `value` in the bits of `mask`.
scmp_arg_cmp Masked(unsigned index, std::uint64_t mask, std::uint64_t value) {
  return {index, SCMP_CMP_MASKED_EQ, mask, value};
}

using Rules = std::unique_ptr<void, decltype(&seccomp_release)>;

bool AddIf(scmp_filter_ctx rules, std::uint32_t action, int number,
           std::initializer_list<scmp_arg_cmp> conditions) {
  const int added = seccomp_rule_add_array(
      rules, action, number, static_cast<unsigned>(conditions.size()), std::data(conditions));
  // -EEXIST: an earlier list has this call; the first one that names it decides.
  return added == 0 || added == -EEXIST;
}

bool Add(scmp_filter_ctx rules, std::uint32_t action, std::span<const char* const> names) {
  for (const char* name : names) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number != __NR_SCMP_ERROR && !AddIf(rules, action, number, {})) return false;
  }
  return true;
}

bool AllowIf(scmp_filter_ctx rules, int number, std::initializer_list<scmp_arg_cmp> conditions) {
  return AddIf(rules, SCMP_ACT_ALLOW, number, conditions);
}

// abort(3) signals its own process, and its end should be told by that signal.
bool AddAbort(scmp_filter_ctx rules) {
  return AllowIf(rules, SCMP_SYS(tgkill),
               {Masked(0, kInt, kOwnPid), Masked(2, kInt, SIGABRT)});
}

bool AddWorker(scmp_filter_ctx rules) {
  constexpr std::uint64_t kWriting = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND;
  // glibc falls back from clone3, whose flags lie in memory and cannot be looked at.
  return Add(rules, SCMP_ACT_ALLOW, kWorkerCalls) &&
         AllowIf(rules, SCMP_SYS(open), {Masked(1, kWriting, O_RDONLY)}) &&
         AllowIf(rules, SCMP_SYS(openat), {Masked(2, kWriting, O_RDONLY)}) &&
         AllowIf(rules, SCMP_SYS(prctl), {Masked(0, kInt, PR_SET_NAME)}) &&
         AllowIf(rules, SCMP_SYS(clone), {Masked(0, CLONE_THREAD, CLONE_THREAD)}) &&
         AddIf(rules, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), {});
}

bool AddRules(scmp_filter_ctx rules, JailedAs who) {
  if (!Add(rules, SCMP_ACT_ALLOW, kDecoderCalls)) return false;
#if defined(HESTIA_SANITIZED)
  if (!Add(rules, SCMP_ACT_ALLOW, kSanitizerCalls)) return false;
#endif
  switch (who) {
    case JailedAs::kDecoder:
      return AddAbort(rules) && Add(rules, kRefused, kRefusedCalls) &&
             Add(rules, kRefused, kRefusedToDecoder);
    case JailedAs::kWorker:
      return AddAbort(rules) && AddWorker(rules) && Add(rules, kRefused, kRefusedCalls);
    case JailedAs::kLauncher:
      // Its children signal themselves; which pids they will have is not known yet.
      return Add(rules, SCMP_ACT_ALLOW, kLauncherCalls) &&
             AllowIf(rules, SCMP_SYS(tgkill), {Masked(2, kInt, SIGABRT)}) &&
             Add(rules, kRefused, kRefusedCalls) && Add(rules, kRefused, kRefusedToDecoder);
  }
  return false;
}

std::vector<sock_filter> Export(scmp_filter_ctx rules) {
  const UniqueFd file(::memfd_create("hestia-filter", MFD_CLOEXEC));
  struct stat about {};
  if (seccomp_export_bpf(rules, file.get()) != 0 || ::fstat(file.get(), &about) != 0) return {};
  std::vector<sock_filter> program(static_cast<std::size_t>(about.st_size) / sizeof(sock_filter));
  const ssize_t got =
      ::pread(file.get(), program.data(), program.size() * sizeof(sock_filter), 0);
  if (got != about.st_size) program.clear();
  return program;
}
}  // namespace

SyscallFilter SyscallFilter::For(JailedAs who) {
  SyscallFilter filter;
  const Rules rules(seccomp_init(SCMP_ACT_KILL_PROCESS), seccomp_release);
  if (rules == nullptr) return filter;
  // A balanced tree: the kernel runs the filter once per call number when it is entered.
  if (seccomp_attr_set(rules.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0 ||
      seccomp_attr_set(rules.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0 ||
      !AddRules(rules.get(), who)) {
    return filter;
  }
  filter.program_ = Export(rules.get());
  return filter;
}

bool SyscallFilter::Enter() {
  if (program_.empty()) return false;
  const auto pid = static_cast<std::uint32_t>(::getpid());
  for (sock_filter& step : program_) {
    if (step.k == kOwnPid && BPF_CLASS(step.code) == BPF_JMP) step.k = pid;
  }
  const sock_fprog program{static_cast<unsigned short>(program_.size()), program_.data()};
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}

}  // namespace hestia
