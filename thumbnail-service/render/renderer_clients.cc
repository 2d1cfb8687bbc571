#include "thumbnail-service/render/renderer_clients.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <optional>
#include <vector>

#include <absl/strings/str_cat.h>

#include "common/error_reason.h"
#include "common/monotonic_clock.h"
#include "common/unique_fd.h"
#include "thumbnail-service/renderer/control_socket.h"

namespace hestia {
namespace {
// From a request to its fork, or from a kill to its report: only scheduling is in it.
constexpr absl::Duration kLauncherTimeout = absl::Seconds(10);

absl::Status Lost(const ServingTerms& terms) {
  return WithReason(
      absl::UnavailableError(absl::StrCat("renderer ", terms.program, " was lost while it worked")),
      "RENDERER_UNAVAILABLE");
}

absl::Status TimedOut(const ServingTerms& terms) {
  return WithReason(absl::DeadlineExceededError(
                        absl::StrCat("not rendered within ", absl::FormatDuration(terms.timeout))),
                    "TIMED_OUT");
}

absl::Status Cancelled() { return absl::CancelledError("rendering was stopped"); }

absl::Status EnsureStarted(std::unique_ptr<RendererProcess>& process, const ServingTerms& terms) {
  if (process != nullptr) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<RendererProcess>> started =
      RendererProcess::Start(terms.program, terms.cancel);
  if (started.ok()) process = *std::move(started);
  return started.status();
}

// A program can die while nobody looks, so the first loss only means: start another.
template <typename Client>
absl::StatusOr<int> TwiceIfLost(Client attempt) {
  absl::StatusOr<int> ended = attempt();
  return absl::IsUnavailable(ended.status()) ? attempt() : ended;
}
}  // namespace

absl::Status LauncherClient::Start() { return EnsureStarted(launcher_, terms_); }

absl::StatusOr<int> LauncherClient::Serve(wire::Request request, int source, int result) {
  return TwiceIfLost([&]() -> absl::StatusOr<int> {
    if (absl::Status started = Start(); !started.ok()) return started;
    request.preamble.request_id = ++last_request_;
    absl::StatusOr<int> ended = Exchange(request, source, result);
    if (absl::IsUnavailable(ended.status())) launcher_.reset();
    return ended;
  });
}

absl::StatusOr<int> LauncherClient::Exchange(const wire::Request& request, int source, int result) {
  const int control = launcher_->control();
  const std::uint64_t id = request.preamble.request_id;
  if (!wire::Send(control, request, {source, result})) return Lost(terms_);
  wire::Started started;
  std::vector<UniqueFd> descriptors;
  // Not cut short by a cancel: without the pidfd only the launcher itself could be killed.
  if (WaitReadable(control, -1, MonotonicNow() + kLauncherTimeout) != Waited::kReadable ||
      !wire::Receive(control, wire::Kind::kStarted, started, descriptors) ||
      started.preamble.request_id != id || descriptors.size() != 1) {
    return Lost(terms_);
  }
  const int pidfd = descriptors.front().get();
  switch (WaitReadable(control, terms_.cancel, MonotonicNow() + terms_.timeout)) {
    case Waited::kTimedOut:
      return Kill(pidfd, id, TimedOut(terms_));
    case Waited::kCancelled:
      return Kill(pidfd, id, Cancelled());
    case Waited::kReadable:
      break;
  }
  return ReceiveEnd(id);
}

absl::StatusOr<int> LauncherClient::ReceiveEnd(std::uint64_t request_id) {
  wire::Ended ended;
  std::vector<UniqueFd> descriptors;
  if (WaitReadable(launcher_->control(), -1, MonotonicNow() + kLauncherTimeout) !=
          Waited::kReadable ||
      !wire::Receive(launcher_->control(), wire::Kind::kEnded, ended, descriptors) ||
      ended.preamble.request_id != request_id) {
    return Lost(terms_);
  }
  return ended.wait_status;
}

absl::Status LauncherClient::Kill(int pidfd, std::uint64_t request_id, absl::Status why) {
  ::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
  if (!ReceiveEnd(request_id).ok()) launcher_.reset();
  return why;
}

absl::StatusOr<int> WorkerClient::Serve(wire::Request request, int source, int result) {
  return TwiceIfLost([&]() -> absl::StatusOr<int> {
    if (worker_ == nullptr) images_ = 0;
    if (absl::Status started = EnsureStarted(worker_, terms_); !started.ok()) return started;
    request.preamble.request_id = ++last_request_;
    absl::StatusOr<int> ended = Exchange(request, source, result);
    if (!ended.ok() || ++images_ >= kImagesPerWorker) worker_.reset();
    return ended;
  });
}

absl::StatusOr<int> WorkerClient::Exchange(const wire::Request& request, int source, int result) {
  const int control = worker_->control();
  if (!wire::Send(control, request, {source, result})) return Lost(terms_);
  switch (WaitReadable(control, terms_.cancel, MonotonicNow() + terms_.timeout)) {
    case Waited::kTimedOut:
      return TimedOut(terms_);
    case Waited::kCancelled:
      return Cancelled();
    case Waited::kReadable:
      break;
  }
  wire::Ended ended;
  std::vector<UniqueFd> descriptors;
  if (wire::Receive(control, wire::Kind::kEnded, ended, descriptors) &&
      ended.preamble.request_id == request.preamble.request_id) {
    return ended.wait_status;
  }
  // It left: after a refusal by itself (exit code 0), else the image has killed it.
  const int wait_status = worker_->End();
  worker_.reset();
  return wait_status;
}

}  // namespace hestia
