#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_CAPABILITIES_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_CAPABILITIES_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "thumbnail-service/jobs/format_ability.h"
#include "thumbnail-service/render/renderer.h"
#include "thumbnail-service/render/source_file.h"
#include "thumbnail-service/render/worker_source.h"

namespace hestia {

// Which formats the renderer programs read and write. No image library is linked here, so each
// program is asked, in its jail, and its answer is checked like any other.
//
// Thread-safety: every method from any thread.
// Blocking: the first Ask for the programs' start (0.5 s, at most 70 s), later ones not.
// Processes: a launcher and an OpenImageIO worker while they are asked.
class Capabilities {
 public:
  Capabilities(RendererPrograms programs, std::shared_ptr<WorkerSource> workers,
               RenderLimits render_limits, SourceLimits source_limits)
      : programs_(std::move(programs)),
        workers_(std::move(workers)),
        render_limits_(render_limits),
        source_limits_(source_limits) {}

  // In the programs' order, each format once. What was found out is kept: programs do not change
  // while the service runs.
  //   kUnavailable  RENDERER_UNAVAILABLE: a program did not start, or its answer is not credible;
  //                 the message says which and why. Ask again later; for some seconds every
  //                 caller gets the same answer, so that many do not wait in a row.
  absl::StatusOr<std::vector<FormatAbility>> Ask() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  absl::StatusOr<std::vector<FormatAbility>> AskPrograms() const;
  // Adds what the program at the other end of `control` says of itself.
  absl::Status AddAnswer(int control, const std::string& program,
                         std::vector<FormatAbility>& formats) const;
  // To a format that is read; `scaled`: reduced while it is decoded.
  void AddLimits(bool scaled, FormatAbility& format) const;

  const RendererPrograms programs_;
  const std::shared_ptr<WorkerSource> workers_;
  const RenderLimits render_limits_;
  const SourceLimits source_limits_;

  absl::Mutex mu_;  // held while asking, so that two callers ask once
  std::vector<FormatAbility> known_ ABSL_GUARDED_BY(mu_);  // empty: not asked yet
  absl::Status failure_ ABSL_GUARDED_BY(mu_);              // of the last time
  absl::Duration failed_at_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_CAPABILITIES_H_
