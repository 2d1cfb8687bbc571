#include "common/crash_point.h"

#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <string>

#include <absl/strings/str_cat.h>

namespace hestia {

// The first thread that comes by acts, once:
//   kill   SIGKILL
//   abort  std::abort
//   stop   SIGSTOP of the whole process: it sleeps past its lease and heartbeat until a test
//          sends SIGCONT, and goes on as a zombie
void CrashPoint(absl::string_view name) {
  static const std::string& armed =
      *new std::string(std::getenv("CRASH_AT") == nullptr ? "" : std::getenv("CRASH_AT"));
  static std::atomic<bool> done = false;
  const auto is = [&](const char* action) { return armed == absl::StrCat(name, ":", action); };
  if (armed.empty() || !(is("kill") || is("abort") || is("stop")) || done.exchange(true)) return;
  if (is("abort")) std::abort();
  raise(is("kill") ? SIGKILL : SIGSTOP);
}

}  // namespace hestia
