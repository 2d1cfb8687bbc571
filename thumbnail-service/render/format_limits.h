#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_FORMAT_LIMITS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_FORMAT_LIMITS_H_

#include <cstdint>
#include <map>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "thumbnail-service/render/image_format.h"

namespace hestia {

// Limits that one format has instead of the common ones. 0: the common one holds.
struct FormatLimit {
  std::int64_t max_pixels = 0;
  std::int64_t max_source_bytes = 0;
};
using FormatLimits = std::map<ImageFormat, FormatLimit>;

// The word for a format in settings: "jpeg", "heif", "raw", …; empty for kUnknown.
absl::string_view FormatWord(ImageFormat format);

// Parses "tiff=400000000:2147483648,gif=20000000": FORMAT=PIXELS[:BYTES], where an empty or zero
// part leaves the common limit.
//   kInvalidArgument  every malformed entry, in one message that says what is possible.
absl::StatusOr<FormatLimits> ParseFormatLimits(absl::string_view text);

// The format's own limit where it has one, else `common`.
std::int64_t PixelLimit(const FormatLimits& limits, ImageFormat format, std::int64_t common);
std::int64_t ByteLimit(const FormatLimits& limits, ImageFormat format, std::int64_t common);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_FORMAT_LIMITS_H_
