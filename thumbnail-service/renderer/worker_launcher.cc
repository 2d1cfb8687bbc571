#include "thumbnail-service/renderer/worker_launcher.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>
#include <vector>

#include "common/unique_fd.h"
#include "thumbnail-service/renderer/child.h"
#include "thumbnail-service/renderer/control_socket.h"
#include "thumbnail-service/renderer/jail/jail.h"
#include "thumbnail-service/renderer/program_environment.h"

namespace hestia {
namespace {
// What the dynamic loader opens, links resolved; and the fonts and encodings of drawings.
constexpr const char* kLibraryFolders[] = {
    "/usr/lib",   "/usr/lib64",       "/usr/local/lib",        "/lib",
    "/lib64",     "/etc/ld.so.cache", "/etc/fonts",            "/usr/share/fonts",
    "/usr/share/fontconfig",          "/usr/local/share/fonts", "/var/cache/fontconfig",
    "/usr/share/poppler"};

struct Worker {
  pid_t pid = -1;
  UniqueFd pidfd;
  UniqueFd status;  // where its end is told
};

struct SocketPair {
  UniqueFd ours;
  UniqueFd theirs;
};

SocketPair MakePair() {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return {};
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

[[noreturn]] void Exec(pid_t launcher, const char* program, int control) {
  if (!DieWith(launcher) || ::dup2(control, wire::kControlFd) < 0) ::_exit(EXIT_FAILURE);
  // Everything else is close-on-exec.
  const std::array<char*, 2> arguments = {const_cast<char*>(program), nullptr};
  ::execve(program, arguments.data(), ProgramEnvironment());
  ::_exit(EXIT_FAILURE);
}

bool StartWorker(const char* program, std::uint64_t request_id, std::vector<Worker>& workers) {
  SocketPair control = MakePair();
  SocketPair status = MakePair();
  if (!control.ours.valid() || !status.ours.valid()) return false;
  const pid_t launcher = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return false;
  if (pid == 0) Exec(launcher, program, control.theirs.get());
  Worker worker{pid, OpenProcess(pid), std::move(status.theirs)};
  wire::Report started;
  started.preamble.kind = wire::Kind::kStarted;
  started.preamble.request_id = request_id;
  started.pid = pid;
  if (!worker.pidfd.valid() ||
      !wire::Send(wire::kControlFd, started,
                  {worker.pidfd.get(), control.ours.get(), status.ours.get()})) {
    KillAndWaitFor(pid);
    return false;
  }
  workers.push_back(std::move(worker));
  return true;
}

bool TakeRequest(const char* program, std::vector<Worker>& workers) {
  wire::StartWorker request;
  std::vector<UniqueFd> descriptors;
  return wire::Receive(wire::kControlFd, wire::Kind::kStartWorker, request, descriptors) &&
         workers.size() < kMostWorkers &&
         StartWorker(program, request.preamble.request_id, workers);
}

void ReportEnd(const Worker& worker) {
  wire::Report ended;
  ended.preamble.kind = wire::Kind::kEnded;
  // Nobody may be listening any more; that is its own affair.
  if (WaitFor(worker.pid, ended)) wire::Send(worker.status.get(), ended);
}

void Serve(const char* program, std::vector<Worker>& workers) {
  std::vector<pollfd> waits;
  for (;;) {
    waits.assign(1, {wire::kControlFd, POLLIN, 0});
    for (const Worker& worker : workers) waits.push_back({worker.pidfd.get(), POLLIN, 0});
    if (::poll(waits.data(), waits.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return;
    }
    for (std::size_t i = waits.size() - 1; i > 0; --i) {
      if (waits[i].revents == 0) continue;
      ReportEnd(workers[i - 1]);
      workers.erase(workers.begin() + static_cast<std::ptrdiff_t>(i) - 1);
    }
    if (waits[0].revents != 0 && !TakeRequest(program, workers)) return;
  }
}
}  // namespace

int RunWorkerLauncher(const char* program) {
  std::vector<const char*> readable(std::begin(kLibraryFolders), std::end(kLibraryFolders));
  readable.push_back(program);
  // The other descriptors of this process are its service's business, not the workers'.
  ::fcntl(wire::kControlFd, F_SETFD, FD_CLOEXEC);
  wire::Ready ready;
  ready.preamble.kind = wire::Kind::kReady;
  ready.posture = EnterLauncherJail(readable);
  if (!wire::Send(wire::kControlFd, ready)) return EXIT_FAILURE;
  std::vector<Worker> workers;
  Serve(program, workers);
  for (const Worker& worker : workers) ::kill(worker.pid, SIGKILL);
  return EXIT_SUCCESS;
}

}  // namespace hestia
