#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_THUMBNAILER_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_THUMBNAILER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/types/span.h>

#include "thumbnail-service/jobs/file_state.h"
#include "thumbnail-service/jobs/job.h"

namespace hestia {

// The bytes of one file, held until it is rendered. Owned by the worker.
class OpenedSource {
 public:
  virtual ~OpenedSource() = default;
  virtual const ContentKey& key() const = 0;
};

// What reading a file brought.
struct ReadOutcome {
  // Of the first fstat; unset when the file could not even be opened.
  std::optional<FileStamp> stamp;
  // Set when `status` is OK.
  std::unique_ptr<OpenedSource> source;
  absl::Status status;  // see Judge()
};

// Images made from one decode.
struct Rendered {
  int source_width_px = 0;
  int source_height_px = 0;
  Placeholder placeholder = {};
  std::string damage = {};  // what is missing of the image, for people; empty: nothing
  std::vector<Thumbnail> thumbnails;
};

// One rendering slot. Implemented by render/, which drives the renderer processes.
//
// Thread-safety: none but Cancel(); one worker thread per slot.
// Blocking: Read waits for the disk; Render for the renderer, at most its hard timeout.
class Thumbnailer {
 public:
  virtual ~Thumbnailer() = default;

  virtual ReadOutcome Read(std::int64_t library_id, absl::string_view path) = 0;
  // Errors: see Judge(). kCancelled after Cancel().
  virtual absl::StatusOr<Rendered> Render(const OpenedSource& source,
                                          absl::Span<const StoredRecipe> recipes) = 0;
  // From any thread: makes a running or later Render return kCancelled promptly.
  virtual void Cancel() = 0;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_THUMBNAILER_H_
