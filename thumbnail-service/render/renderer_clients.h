#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_RENDERER_CLIENTS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_RENDERER_CLIENTS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "common/unique_fd.h"
#include "thumbnail-service/render/jail_posture.h"
#include "thumbnail-service/render/render_deadline.h"
#include "thumbnail-service/render/renderer_process.h"
#include "thumbnail-service/render/worker_source.h"
#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// The two ways to have one request served; each keeps its program running and replaces it
// when it is lost. `Serve` of either returns how the process that had the image ended, or
//   kDeadlineExceeded  TIMED_OUT: it was killed.
//   kCancelled         `cancel` became readable; the same.
//   kUnavailable       RENDERER_UNAVAILABLE: the program cannot be started, its jail is not
//                      complete, or it was lost through no fault of the image.
//
// Thread-safety: none. Blocking: until the image is done or its time is over
//   (render_deadline.h).
// Ownership: `cancel` is borrowed; the program's process is owned.
struct ServingTerms {
  RenderTimes times;  // for one image
  JailMode jail = JailMode::kBestEffort;
  int cancel = -1;
};

struct ServingEnd {
  int wait_status = 0;  // as wait4(2); 0: read the result
  // Of the process that had the image; 0 where it lives on.
  std::uint64_t peak_rss_kib = 0;
  std::uint64_t cpu_us = 0;
};

// A launcher that forks a process for each image.
class LauncherClient {
 public:
  LauncherClient(std::string program, ServingTerms terms)
      : program_(std::move(program)), terms_(terms) {}

  absl::StatusOr<Posture> Start();
  absl::StatusOr<ServingEnd> Serve(wire::Request request, int source, int result);

 private:
  absl::StatusOr<ServingEnd> Exchange(const wire::Request& request, int source, int result);
  absl::StatusOr<wire::Report> ReceiveReport(const wire::Request& request, wire::Kind kind,
                                             UniqueFd* process);
  absl::Status Lost() const;

  const std::string program_;
  const ServingTerms terms_;
  std::unique_ptr<RendererProcess> launcher_;
  std::uint64_t last_request_ = 0;
};

// A process that serves one image after another, because it is slow to start. It is replaced
// after anything abnormal, after kImagesPerWorker, and when it has grown by kMostGrowthBytes.
class WorkerClient {
 public:
  static constexpr int kImagesPerWorker = 200;
  static constexpr std::uint64_t kMostGrowthBytes = std::uint64_t{256} << 20;

  WorkerClient(std::shared_ptr<WorkerSource> source, ServingTerms terms)
      : source_(std::move(source)), terms_(terms) {}

  absl::StatusOr<ServingEnd> Serve(wire::Request request, int source, int result);
  // Its answer was not credible: never ask it again.
  void Retire() { worker_.reset(); }

 private:
  absl::Status EnsureWorker();
  absl::StatusOr<ServingEnd> Exchange(const wire::Request& request, int source, int result);
  bool Worn() const;

  const std::shared_ptr<WorkerSource> source_;
  const ServingTerms terms_;
  std::unique_ptr<Worker> worker_;
  int images_ = 0;
  std::uint64_t first_resident_bytes_ = 0;
  std::uint64_t last_request_ = 0;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_RENDERER_CLIENTS_H_
