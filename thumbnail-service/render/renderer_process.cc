#include "thumbnail-service/render/renderer_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "common/error_reason.h"
#include "common/monotonic_clock.h"
#include "thumbnail-service/renderer/control_socket.h"
#include "thumbnail-service/renderer/program_environment.h"
#include "thumbnail-service/renderer/wire.h"

namespace hestia {
namespace {
// Generous: perhaps from a cold disk, on a machine that is busy.
constexpr absl::Duration kStartTimeout = absl::Seconds(30);
// Above every number the file actions below use.
constexpr int kFirstSafeFd = 10;

absl::Status Unavailable(const std::string& program, absl::string_view why) {
  return WithReason(
      absl::UnavailableError(absl::StrCat("cannot start renderer ", program, ": ", why)),
      "RENDERER_UNAVAILABLE");
}

// posix_spawn's two parameter blocks, with what they allocate.
class SpawnPlan {
 public:
  explicit SpawnPlan(int socket) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
#if !defined(HESTIA_SANITIZED)
    posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
#endif
    posix_spawn_file_actions_adddup2(&actions_, socket, wire::kControlFd);
    posix_spawn_file_actions_addclosefrom_np(&actions_, wire::kControlFd + 1);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnPlan() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  // 0, or the error number.
  int Spawn(std::vector<std::string> command, pid_t& pid) const {
    std::vector<char*> arguments;
    for (std::string& argument : command) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    return ::posix_spawn(&pid, command[0].c_str(), &actions_, &attributes_, arguments.data(),
                         ProgramEnvironment());
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};
}  // namespace

Waited WaitReadable(int fd, int cancel, absl::Duration deadline) {
  for (;;) {
    const absl::Duration left = std::max(deadline - MonotonicNow(), absl::ZeroDuration());
    const timespec timeout = absl::ToTimespec(left);
    std::array<pollfd, 2> waits{{{fd, POLLIN, 0}, {cancel, POLLIN, 0}}};
    const int ready = ::ppoll(waits.data(), waits.size(), &timeout, nullptr);
    if (ready == 0) return Waited::kTimedOut;
    if (ready < 0) continue;
    return waits[1].revents != 0 ? Waited::kCancelled : Waited::kReadable;
  }
}

absl::StatusOr<std::unique_ptr<RendererProcess>> RendererProcess::Spawn(
    const std::vector<std::string>& command) {
  const std::string& program = command[0];
  std::array<int, 2> pair{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    return Unavailable(program, std::strerror(errno));
  }
  UniqueFd ours(pair[0]);
  UniqueFd low(pair[1]);
  // dup2 onto itself would leave close-on-exec set.
  const UniqueFd theirs(::fcntl(low.get(), F_DUPFD_CLOEXEC, kFirstSafeFd));
  low.reset();
  if (!theirs.valid()) return Unavailable(program, std::strerror(errno));
  pid_t pid = -1;
  if (const int error = SpawnPlan(theirs.get()).Spawn(command, pid); error != 0) {
    return Unavailable(program, std::strerror(error));
  }
  return std::unique_ptr<RendererProcess>(new RendererProcess(pid, std::move(ours)));
}

absl::StatusOr<std::unique_ptr<RendererProcess>> RendererProcess::Start(
    const std::vector<std::string>& command, int cancel) {
  const std::string& program = command[0];
  absl::StatusOr<std::unique_ptr<RendererProcess>> process = Spawn(command);
  if (!process.ok()) return process;
  switch (WaitReadable((*process)->control(), cancel, MonotonicNow() + kStartTimeout)) {
    case Waited::kCancelled:
      return absl::CancelledError("stopped while a renderer started");
    case Waited::kTimedOut:
      return Unavailable(program,
                         absl::StrCat("not ready after ", absl::FormatDuration(kStartTimeout)));
    case Waited::kReadable:
      break;
  }
  wire::Ready ready;
  std::vector<UniqueFd> descriptors;
  if (!wire::Receive((*process)->control(), wire::Kind::kReady, ready, descriptors)) {
    return Unavailable(program, absl::StrCat("it did not greet as this release's does; ",
                                             DescribeEnd((*process)->End())));
  }
  (*process)->posture_ = ready.posture;
  return process;
}

RendererProcess::~RendererProcess() { End(); }

int RendererProcess::End() {
  if (pid_ < 0) return wait_status_;
  // A launcher's child dies with it.
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, &wait_status_, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  control_.reset();
  return wait_status_;
}

std::string DescribeEnd(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    const int number = WTERMSIG(wait_status);
    return absl::StrCat("signal ", number, " (", ::strsignal(number), ")");
  }
  return absl::StrCat("exit code ", WEXITSTATUS(wait_status));
}

}  // namespace hestia
