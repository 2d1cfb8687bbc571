#include "thumbnail-service/renderer/jail/jail.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "common/unique_fd.h"
#include "thumbnail-service/renderer/jail/landlock.h"

namespace hestia {
namespace {
constexpr long kWorst = 1000;

// When memory runs out the kernel should end a decode, not the database. Must come before
// the process is no longer dumpable: then the file is root's.
bool PreferAsOomVictim() {
  const UniqueFd file(::open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC));
  if (::write(file.get(), "1000", 4) == 4) return true;
  std::array<char, 16> text{};
  return ::pread(file.get(), text.data(), text.size() - 1, 0) > 0 &&
         std::strtol(text.data(), nullptr, 10) >= kWorst;
}

bool BecomeUndumpable() { return ::prctl(PR_SET_DUMPABLE, 0) == 0; }
}  // namespace

Posture EnterLauncherJail(std::span<const char* const> readable) {
  Posture posture;
  posture.Reach(JailLayer::kOomVictim, PreferAsOomVictim());
  posture.Reach(JailLayer::kNotDumpable, BecomeUndumpable());
  posture.Reach(JailLayer::kNoNewPrivs, ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  const std::uint32_t abi = LandlockAbi();
  const bool confined = EnterLandlock(abi, readable);
  posture.Reach(JailLayer::kLandlock, confined);
  posture.landlock_abi = confined ? abi : 0;
  return posture;
}

bool DieWith(pid_t launcher) {
  // Looked at afterwards: a launcher that died before would send no signal.
  return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == launcher;
}

Posture EnterImageJail(pid_t launcher, const ProcessLimits& limits, SyscallFilter& filter) {
  Posture posture;
  posture.Reach(JailLayer::kDieWithParent, DieWith(launcher));
  posture.Reach(JailLayer::kLimits, EnterLimits(limits));
  posture.Reach(JailLayer::kSeccomp, filter.Enter());
  return posture;
}

Posture EnterWorkerJail(const ProcessLimits& limits) {
  Posture posture;
  SyscallFilter filter = SyscallFilter::For(JailedAs::kWorker);
  int signal = 0;
  posture.Reach(JailLayer::kDieWithParent,
                ::prctl(PR_GET_PDEATHSIG, &signal) == 0 && signal == SIGKILL);
  posture.Reach(JailLayer::kLimits, EnterLimits(limits));
  posture.Reach(JailLayer::kNotDumpable, BecomeUndumpable());
  posture.Reach(JailLayer::kSeccomp, filter.Enter());
  return posture;
}

}  // namespace hestia
