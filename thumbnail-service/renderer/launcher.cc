#include "thumbnail-service/renderer/launcher.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "common/unique_fd.h"
#include "thumbnail-service/renderer/control_socket.h"
#include "thumbnail-service/renderer/process_limits.h"

namespace hestia {
namespace {
struct Child {
  pid_t pid = -1;
  UniqueFd pidfd;
  std::uint64_t request_id = 0;
};

[[noreturn]] void RunChild(pid_t launcher, ImageTask task, const wire::Request& request, int source,
                           int result) {
  // The socket is the launcher's: a child that could read it could take the next image.
  ::close(wire::kControlFd);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != launcher) ::_exit(EXIT_FAILURE);
  LimitProcess(request, Serves::kOneImage);
  task(request, source, result);
  ::_exit(EXIT_SUCCESS);
}

std::optional<Child> Launch(ImageTask task, const wire::Request& request, int source, int result) {
  const pid_t launcher = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return std::nullopt;
  if (pid == 0) RunChild(launcher, task, request, source, result);
  Child child{pid, UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
              request.preamble.request_id};
  wire::Started started;
  started.preamble.kind = wire::Kind::kStarted;
  started.preamble.request_id = child.request_id;
  if (!child.pidfd.valid() || !wire::Send(wire::kControlFd, started, {child.pidfd.get()})) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return std::nullopt;
  }
  return child;
}

// False when the request cannot be served: then the service starts another launcher.
bool TakeRequest(ImageTask task, std::optional<Child>& child) {
  wire::Request request;
  std::vector<UniqueFd> descriptors;
  if (!wire::Receive(wire::kControlFd, wire::Kind::kRequest, request, descriptors)) return false;
  if (descriptors.size() != 2 || child.has_value()) return false;
  child = Launch(task, request, descriptors[0].get(), descriptors[1].get());
  return child.has_value();
}

bool ReportEnd(const Child& child) {
  wire::Ended ended;
  ended.preamble.kind = wire::Kind::kEnded;
  ended.preamble.request_id = child.request_id;
  rusage usage{};
  while (::wait4(child.pid, &ended.wait_status, 0, &usage) < 0) {
    if (errno != EINTR) return false;
  }
  const auto micros = [](const timeval& t) { return t.tv_sec * 1'000'000 + t.tv_usec; };
  ended.peak_rss_kib = static_cast<std::uint64_t>(usage.ru_maxrss);
  ended.cpu_us = static_cast<std::uint64_t>(micros(usage.ru_utime) + micros(usage.ru_stime));
  return wire::Send(wire::kControlFd, ended);
}

void Serve(ImageTask task, std::optional<Child>& child) {
  for (;;) {
    std::array<pollfd, 2> waits{
        {{wire::kControlFd, POLLIN, 0}, {child.has_value() ? child->pidfd.get() : -1, POLLIN, 0}}};
    if (::poll(waits.data(), waits.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return;
    }
    if (waits[1].revents != 0) {
      const Child ended = *std::exchange(child, std::nullopt);
      if (!ReportEnd(ended)) return;
    } else if (waits[0].revents != 0 && !TakeRequest(task, child)) {
      return;
    }
  }
}
}  // namespace

int RunLauncher(ImageTask task) {
  PreferAsOomVictim();
  wire::Ready ready;
  ready.preamble.kind = wire::Kind::kReady;
  if (!wire::Send(wire::kControlFd, ready)) return EXIT_FAILURE;
  std::optional<Child> child;
  Serve(task, child);
  if (child.has_value()) ::kill(child->pid, SIGKILL);
  return EXIT_SUCCESS;
}

}  // namespace hestia
