#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_RENDER_RESULT_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_RENDER_RESULT_H_

#include <cstdint>
#include <utility>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/types/span.h>

#include "common/unique_fd.h"
#include "thumbnail-service/jobs/recipe.h"
#include "thumbnail-service/render/renderer.h"

namespace hestia {

// The shared memory that a renderer answers in (renderer/wire.h): made and sealed in size
// here, so that reading it can never fault, and read with suspicion.
//
// Thread-safety: none. Memory: what the renderer wrote, until destroyed.
class ResultBuffer {
 public:
  // Room for `recipes` at their worst.
  //   kUnavailable  no memory or descriptor to be had: retry.
  static absl::StatusOr<ResultBuffer> Make(absl::Span<const Recipe> recipes);

  int fd() const { return fd_.get(); }
  std::uint64_t size_bytes() const { return size_bytes_; }

  // What a renderer that ended well has written. Copies before it checks.
  //   the verdicts DECODE_FAILED, TOO_LARGE, UNSUPPORTED_FORMAT, as Renderer::Render
  //   kResourceExhausted NEEDS_MEMORY  more than it was given.
  //   kAborted DECODER_CRASHED  there is no credible answer in it.
  absl::StatusOr<Rendering> Read(absl::Span<const Recipe> recipes) const;

 private:
  ResultBuffer(UniqueFd fd, std::uint64_t size_bytes)
      : fd_(std::move(fd)), size_bytes_(size_bytes) {}

  UniqueFd fd_;
  std::uint64_t size_bytes_;
};

// kAborted DECODER_CRASHED with `what` happened.
absl::Status DecoderCrashed(absl::string_view what);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_RENDER_RESULT_H_
