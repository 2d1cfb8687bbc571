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
// From a request to its fork, or from an end to its report: only scheduling is in it.
constexpr absl::Duration kLauncherTimeout = absl::Seconds(10);

absl::Status TimedOut(absl::Duration allowed) {
  return WithReason(absl::DeadlineExceededError(
                        absl::StrCat("not rendered within ", absl::FormatDuration(allowed))),
                    "TIMED_OUT");
}

absl::Status Cancelled() { return absl::CancelledError("rendering was stopped"); }

// A program can die while nobody looks, so the first loss only means: start another.
template <typename Client>
absl::StatusOr<ServingEnd> TwiceIfLost(Client attempt) {
  absl::StatusOr<ServingEnd> ended = attempt();
  return absl::IsUnavailable(ended.status()) ? attempt() : ended;
}
}  // namespace

absl::StatusOr<Posture> LauncherClient::Start() {
  if (launcher_ != nullptr) return launcher_->posture();
  absl::StatusOr<std::unique_ptr<RendererProcess>> started =
      RendererProcess::Start({program_}, terms_.cancel);
  if (!started.ok()) return started.status();
  const Posture posture = (*started)->posture();
  if (terms_.jail == JailMode::kStrict) {
    if (absl::Status status = CheckLayers(kAllJailLayers, posture.layers); !status.ok()) {
      return status;
    }
  }
  launcher_ = *std::move(started);
  return posture;
}

absl::Status LauncherClient::Lost() const {
  return WithReason(
      absl::UnavailableError(absl::StrCat("renderer ", program_, " was lost while it worked")),
      "RENDERER_UNAVAILABLE");
}

absl::StatusOr<ServingEnd> LauncherClient::Serve(wire::Request request, int source, int result) {
  return TwiceIfLost([&]() -> absl::StatusOr<ServingEnd> {
    const absl::StatusOr<Posture> posture = Start();
    if (!posture.ok()) return posture.status();
    request.preamble.request_id = ++last_request_;
    request.required_layers = posture->layers;
    absl::StatusOr<ServingEnd> ended = Exchange(request, source, result);
    if (absl::IsUnavailable(ended.status())) launcher_.reset();
    return ended;
  });
}

// The reports about processes that were killed earlier may come before.
absl::StatusOr<wire::Report> LauncherClient::ReceiveReport(const wire::Request& request,
                                                           wire::Kind kind, UniqueFd* process) {
  const absl::Duration deadline = MonotonicNow() + kLauncherTimeout;
  for (;;) {
    wire::Report report;
    std::vector<UniqueFd> descriptors;
    if (WaitReadable(launcher_->control(), -1, deadline) != Waited::kReadable ||
        !wire::Receive(launcher_->control(), report, descriptors)) {
      return Lost();
    }
    const std::uint64_t id = report.preamble.request_id;
    if (report.preamble.kind == wire::Kind::kEnded && id < request.preamble.request_id) continue;
    if (report.preamble.kind != kind || id != request.preamble.request_id ||
        descriptors.size() != (process != nullptr ? 1 : 0)) {
      return Lost();
    }
    if (process != nullptr) *process = std::move(descriptors.front());
    return report;
  }
}

absl::StatusOr<ServingEnd> LauncherClient::Exchange(const wire::Request& request, int source,
                                                    int result) {
  if (!wire::Send(launcher_->control(), request, {source, result})) return Lost();
  // Not cut short by a cancel: without the pidfd only the launcher itself could be killed.
  UniqueFd process;
  const absl::StatusOr<wire::Report> started =
      ReceiveReport(request, wire::Kind::kStarted, &process);
  if (!started.ok()) return started.status();
  absl::Duration allowed;
  // Its own end, because the socket may have a word about another one.
  const Waited waited =
      WaitForRender(process.get(), terms_.cancel, result, terms_.times, allowed);
  if (waited != Waited::kReadable) {
    // Gone or not, it is not waited for: to take a large process apart can need long.
    ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
    return waited == Waited::kCancelled ? Cancelled() : TimedOut(allowed);
  }
  const absl::StatusOr<wire::Report> ended = ReceiveReport(request, wire::Kind::kEnded, nullptr);
  if (!ended.ok()) return ended.status();
  if (absl::Status jailed = CheckLayers(request.required_layers, ended->layers); !jailed.ok()) {
    return jailed;
  }
  return ServingEnd{ended->wait_status, ended->peak_rss_kib, ended->cpu_us};
}

// Whether what it holds on to has grown too much.
bool WorkerClient::Worn() const {
  return images_ >= kImagesPerWorker ||
         worker_->ResidentBytes() > first_resident_bytes_ + kMostGrowthBytes;
}

absl::Status WorkerClient::EnsureWorker() {
  // One that speaks without being asked wants to answer for an image it does not have yet.
  if (worker_ != nullptr &&
      WaitReadable(worker_->control(), -1, absl::ZeroDuration()) == Waited::kReadable) {
    worker_.reset();
  }
  if (worker_ != nullptr) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<Worker>> taken = source_->Take(terms_.cancel);
  if (!taken.ok()) return taken.status();
  worker_ = *std::move(taken);
  images_ = 0;
  first_resident_bytes_ = worker_->ResidentBytes();
  return absl::OkStatus();
}

absl::StatusOr<ServingEnd> WorkerClient::Serve(wire::Request request, int source, int result) {
  return TwiceIfLost([&]() -> absl::StatusOr<ServingEnd> {
    if (absl::Status ready = EnsureWorker(); !ready.ok()) return ready;
    request.preamble.request_id = ++last_request_;
    absl::StatusOr<ServingEnd> ended = Exchange(request, source, result);
    ++images_;
    if (!ended.ok() || (worker_ != nullptr && Worn())) worker_.reset();
    return ended;
  });
}

absl::StatusOr<ServingEnd> WorkerClient::Exchange(const wire::Request& request, int source,
                                                  int result) {
  const absl::Status lost =
      WithReason(absl::UnavailableError("an OpenImageIO renderer was lost while it worked"),
                 "RENDERER_UNAVAILABLE");
  if (!worker_->LimitNextImage(request.limits.max_memory_bytes) ||
      !wire::Send(worker_->control(), request, {source, result})) {
    return lost;
  }
  absl::Duration allowed;
  switch (
      WaitForRender(worker_->control(), terms_.cancel, result, terms_.times, allowed)) {
    case Waited::kTimedOut:
      return TimedOut(allowed);
    case Waited::kCancelled:
      return Cancelled();
    case Waited::kReadable:
      break;
  }
  wire::Report ended;
  std::vector<UniqueFd> descriptors;
  if (wire::Receive(worker_->control(), wire::Kind::kEnded, ended, descriptors) &&
      ended.preamble.request_id == request.preamble.request_id && descriptors.empty()) {
    return ServingEnd{};
  }
  // It left: after a refusal by itself (exit code 0), else the image has killed it. Or it
  // talks nonsense, and is killed.
  const std::optional<wire::Report> end = worker_->End();
  worker_.reset();
  if (!end.has_value()) return lost;
  return ServingEnd{end->wait_status, end->peak_rss_kib, end->cpu_us};
}

}  // namespace hestia
