#include "thumbnail-service/renderer/child.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace hestia {

UniqueFd OpenProcess(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

bool WaitFor(pid_t pid, wire::Report& ended) {
  rusage usage{};
  while (::wait4(pid, &ended.wait_status, 0, &usage) < 0) {
    if (errno != EINTR) return false;
  }
  const auto micros = [](const timeval& t) { return t.tv_sec * 1'000'000 + t.tv_usec; };
  ended.peak_rss_kib = static_cast<std::uint64_t>(usage.ru_maxrss);
  ended.cpu_us = static_cast<std::uint64_t>(micros(usage.ru_utime) + micros(usage.ru_stime));
  return true;
}

void KillAndWaitFor(pid_t pid) {
  ::kill(pid, SIGKILL);
  wire::Report ended;
  WaitFor(pid, ended);
}

}  // namespace hestia
