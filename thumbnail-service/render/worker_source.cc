#include "thumbnail-service/render/worker_source.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include "common/error_reason.h"
#include "common/logging.h"
#include "common/monotonic_clock.h"
#include "thumbnail-service/renderer/control_socket.h"

namespace hestia {
namespace {
// From a request to its fork, or from a kill to its report: only scheduling is in it.
constexpr absl::Duration kLauncherTimeout = absl::Seconds(10);
// Generous: the program maps 261 libraries, perhaps from a cold disk.
constexpr absl::Duration kStartTimeout = absl::Seconds(30);
// A reserve, and its successor, may have died unnoticed.
constexpr int kAttempts = 3;

// The launcher's part of a worker's jail; the rest is the worker's own.
constexpr std::uint32_t kFromLauncher =
    Bit(JailLayer::kOomVictim) | Bit(JailLayer::kNoNewPrivs) | Bit(JailLayer::kLandlock);

struct Pages {
  std::uint64_t mapped = 0;
  std::uint64_t resident = 0;
};

Pages PagesOf(pid_t pid) {
  Pages pages;
  std::ifstream file(absl::StrCat("/proc/", pid, "/statm"));
  if (!(file >> pages.mapped >> pages.resident)) return {};
  return pages;
}

std::uint64_t PageBytes() { return static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)); }
}  // namespace

void Worker::Kill() { ::syscall(SYS_pidfd_send_signal, process_.get(), SIGKILL, nullptr, 0); }

std::optional<wire::Report> Worker::End() {
  Kill();
  wire::Report ended;
  std::vector<UniqueFd> descriptors;
  if (WaitReadable(status_.get(), -1, MonotonicNow() + kLauncherTimeout) != Waited::kReadable ||
      !wire::Receive(status_.get(), wire::Kind::kEnded, ended, descriptors)) {
    return std::nullopt;
  }
  return ended;
}

std::uint64_t Worker::ResidentBytes() const { return PagesOf(pid_).resident * PageBytes(); }

bool Worker::LimitMemory(std::uint64_t bytes) {
#if defined(HESTIA_SANITIZED)
  return (void)bytes, true;
#else
  const std::uint64_t mapped = PagesOf(pid_).mapped * PageBytes();
  if (mapped == 0) return false;
  const rlimit limit{mapped + bytes, mapped + bytes};
  if (::prlimit(pid_, RLIMIT_AS, &limit, nullptr) != 0) return false;
  most_mapped_ = mapped + bytes;
  return true;
#endif
}

bool Worker::LimitNextImage(std::uint64_t bytes) {
  if (most_mapped_ == 0) return true;
  const std::uint64_t mapped = PagesOf(pid_).mapped * PageBytes();
  const rlimit limit{std::min(mapped + bytes, most_mapped_), most_mapped_};
  return mapped != 0 && ::prlimit(pid_, RLIMIT_AS, &limit, nullptr) == 0;
}

absl::Status WorkerSource::Unavailable(absl::string_view why) const {
  return WithReason(
      absl::UnavailableError(absl::StrCat("cannot start renderer ", program_, ": ", why)),
      "RENDERER_UNAVAILABLE");
}

absl::Status WorkerSource::EnsureLauncher(int cancel) {
  if (launcher_ != nullptr) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<RendererProcess>> started =
      RendererProcess::Start({launcher_program_, program_}, cancel);
  if (!started.ok()) return started.status();
  if (mode_ == JailMode::kStrict) {
    if (absl::Status status = CheckLayers(kFromLauncher, (*started)->posture().layers);
        !status.ok()) {
      return status;
    }
  }
  launcher_ = *std::move(started);
  return absl::OkStatus();
}

absl::StatusOr<Posture> WorkerSource::Prepare(int cancel) {
  if (::access(program_.c_str(), X_OK) != 0) return Unavailable("there is no such program");
  absl::MutexLock lock(&mu_);
  if (absl::Status status = EnsureLauncher(cancel); !status.ok()) return status;
  Posture posture = launcher_->posture();
  posture.layers |= kAllJailLayers & ~kFromLauncher;
  return posture;
}

absl::StatusOr<std::unique_ptr<Worker>> WorkerSource::StartWorker(int cancel) {
  if (absl::Status status = EnsureLauncher(cancel); !status.ok()) return status;
  wire::StartWorker request;
  request.preamble.kind = wire::Kind::kStartWorker;
  request.preamble.request_id = ++last_request_;
  wire::Report started;
  std::vector<UniqueFd> descriptors;
  const int control = launcher_->control();
  if (!wire::Send(control, request) ||
      WaitReadable(control, -1, MonotonicNow() + kLauncherTimeout) != Waited::kReadable ||
      !wire::Receive(control, wire::Kind::kStarted, started, descriptors) ||
      started.preamble.request_id != last_request_ || descriptors.size() != 3) {
    launcher_.reset();
    return Unavailable("its launcher was lost");
  }
  return std::make_unique<Worker>(started.pid, std::move(descriptors[0]),
                                  std::move(descriptors[1]), std::move(descriptors[2]));
}

absl::StatusOr<std::unique_ptr<Worker>> WorkerSource::ReserveOrNew(int cancel) {
  absl::MutexLock lock(&mu_);
  absl::StatusOr<std::unique_ptr<Worker>> worker = std::move(reserve_);
  if (*worker == nullptr) worker = StartWorker(cancel);
  // A launcher can die while nobody looks, so the first loss only means: start another.
  if (absl::IsUnavailable(worker.status())) worker = StartWorker(cancel);
  return worker;
}

absl::Status WorkerSource::AwaitReady(Worker& worker, int cancel) {
  switch (WaitReadable(worker.control(), cancel, MonotonicNow() + kStartTimeout)) {
    case Waited::kCancelled:
      return absl::CancelledError("stopped while a renderer started");
    case Waited::kTimedOut:
      return Unavailable(absl::StrCat("not ready after ", absl::FormatDuration(kStartTimeout)));
    case Waited::kReadable:
      break;
  }
  wire::Ready ready;
  std::vector<UniqueFd> descriptors;
  if (!wire::Receive(worker.control(), wire::Kind::kReady, ready, descriptors)) {
    const std::optional<wire::Report> ended = worker.End();
    return Unavailable(
        absl::StrCat("it did not greet as this release's does; ",
                     ended.has_value() ? DescribeEnd(ended->wait_status) : "no exit code"));
  }
  std::uint32_t layers = ready.posture.layers & ~kFromLauncher;
  if (!worker.LimitMemory(memory_bytes_)) layers &= ~Bit(JailLayer::kLimits);
  absl::MutexLock lock(&mu_);
  if (launcher_ != nullptr) layers |= launcher_->posture().layers & kFromLauncher;
  if (required_layers_ == 0) {
    required_layers_ = layers;
    const std::uint32_t missing = kAllJailLayers & ~layers;
    if (missing != 0) {
      LogWarning(absl::StrCat("OpenImageIO renderers jailed missing=",
                              absl::StrJoin(LayerNames(missing), ",")));
    }
  }
  return CheckLayers(mode_ == JailMode::kStrict ? kAllJailLayers : required_layers_, layers);
}

absl::StatusOr<std::unique_ptr<Worker>> WorkerSource::Take(int cancel) {
  absl::Status last;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    absl::StatusOr<std::unique_ptr<Worker>> worker = ReserveOrNew(cancel);
    if (!worker.ok()) return worker;
    last = AwaitReady(**worker, cancel);
    if (last.ok()) {
      absl::MutexLock lock(&mu_);
      // Failure to make one is the next taker's trouble, if it lasts.
      if (reserve_ == nullptr) reserve_ = StartWorker(cancel).value_or(nullptr);
      return worker;
    }
    if (!absl::IsUnavailable(last)) return last;
  }
  return last;
}

}  // namespace hestia
