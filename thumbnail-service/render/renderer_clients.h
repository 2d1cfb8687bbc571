#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_RENDERER_CLIENTS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_RENDERER_CLIENTS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "thumbnail-service/render/renderer_process.h"
#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// The two ways to have one request served; each keeps its program running and replaces it
// when it is lost. `Serve` of either returns how the process that had the image ended (as
// wait4(2); 0: read the result), or
//   kDeadlineExceeded  TIMED_OUT: it was killed, and is gone.
//   kCancelled         `cancel` became readable; the same.
//   kUnavailable       RENDERER_UNAVAILABLE: the program cannot be started, or was lost
//                      through no fault of the image.
//
// Thread-safety: none. Blocking: until the image is done or `timeout` is over.
// Ownership: `cancel` is borrowed; the program's process is owned.
struct ServingTerms {
  std::string program;
  absl::Duration timeout;  // for one image
  int cancel = -1;
};

// A launcher that forks a process for each image.
class LauncherClient {
 public:
  explicit LauncherClient(ServingTerms terms) : terms_(std::move(terms)) {}

  absl::Status Start();
  absl::StatusOr<int> Serve(wire::Request request, int source, int result);

 private:
  absl::StatusOr<int> Exchange(const wire::Request& request, int source, int result);
  absl::StatusOr<int> ReceiveEnd(std::uint64_t request_id);
  absl::Status Kill(int pidfd, std::uint64_t request_id, absl::Status why);

  const ServingTerms terms_;
  std::unique_ptr<RendererProcess> launcher_;
  std::uint64_t last_request_ = 0;
};

// A process that serves one image after another, because it is slow to start. It is
// replaced after a failure of any kind, and after kImagesPerWorker.
class WorkerClient {
 public:
  static constexpr int kImagesPerWorker = 200;

  explicit WorkerClient(ServingTerms terms) : terms_(std::move(terms)) {}

  absl::StatusOr<int> Serve(wire::Request request, int source, int result);
  // Its answer was not credible: never ask it again.
  void Retire() { worker_.reset(); }

 private:
  absl::StatusOr<int> Exchange(const wire::Request& request, int source, int result);

  const ServingTerms terms_;
  std::unique_ptr<RendererProcess> worker_;
  int images_ = 0;
  std::uint64_t last_request_ = 0;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_RENDERER_CLIENTS_H_
