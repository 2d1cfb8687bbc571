#include "common/stop_signal.h"

#include <pthread.h>
#include <signal.h>

namespace hestia {
namespace {
sigset_t StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}
}  // namespace

void HoldStopSignals() {
  const sigset_t set = StopSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A peer that hangs up is told by the write's error, not by a signal.
  signal(SIGPIPE, SIG_IGN);
}

std::string WaitForStopSignal() {
  const sigset_t set = StopSignals();
  int taken = 0;
  while (sigwait(&set, &taken) != 0) {
  }
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  return taken == SIGTERM ? "SIGTERM" : "SIGINT";
}

bool StopSignalWithin(absl::Duration timeout) {
  const sigset_t set = StopSignals();
  const timespec patience = absl::ToTimespec(timeout);
  return sigtimedwait(&set, nullptr, &patience) > 0;
}

}  // namespace hestia
