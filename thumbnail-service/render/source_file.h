#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_SOURCE_FILE_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_SOURCE_FILE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "common/unique_fd.h"
#include "thumbnail-service/jobs/file_access.h"
#include "thumbnail-service/render/format_limits.h"
#include "thumbnail-service/render/image_format.h"
#include "thumbnail-service/render/library_folder.h"

namespace hestia {

// XXH3-128 of a file's bytes in its canonical (big-endian) form.
struct Digest {
  std::array<std::uint8_t, 16> bytes{};

  friend auto operator<=>(const Digest&, const Digest&) = default;
  // 32 lower-case hex digits.
  std::string Hex() const;
};

// A file's bytes as they were, out of reach of whoever writes to it: a sealed memfd.
//
// Memory: `identity.size_bytes` until destroyed.
struct SourceFile {
  FileStamp identity;  // when it was opened
  Digest digest;
  ImageFormat format = ImageFormat::kUnknown;
  UniqueFd bytes;
};

struct SourceLimits {
  std::int64_t max_source_bytes = std::int64_t{512} << 20;
  FormatLimits formats = {};
};

// What ReadSource found. `identity` is set as soon as the file was opened and looked at,
// also when `file` is an error, so that a verdict can be tied to the version it is about.
struct SourceRead {
  std::optional<FileStamp> identity;
  absl::StatusOr<SourceFile> file;
};

// Reads a file once, hashing on the way. `path` is path text. Errors, the path in each:
//   those of FileAccess::Open; `opened` may be one of them
//   kUnimplemented      UNSUPPORTED_FORMAT: its first bytes are of no image that can be
//                       read (the rest was not read): a verdict.
//   kResourceExhausted  TOO_LARGE: over `max_source_bytes`, no more than the first bytes were
//                       read: a verdict.
//   kAborted            it changed while being read: put it back in the queue.
//   kUnavailable        the read failed, or there is no memory to hold it: retry.
//
// Thread-safety: pure but for the file. Blocking: reads the file.
// Memory: the file's size, while the result lives.
SourceRead ReadSource(absl::StatusOr<std::unique_ptr<OpenedFile>> opened, absl::string_view path,
                      const SourceLimits& limits);
// From a folder on this machine.
SourceRead ReadSource(const LibraryFolder& folder, absl::string_view path,
                      const SourceLimits& limits);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_SOURCE_FILE_H_
