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
  std::int64_t max_side_px = 0;
  std::int64_t max_channels = 0;
  std::int64_t max_frames = 0;
  std::int64_t max_ratio = 0;
  std::int64_t max_scans = 0;
  std::int64_t max_chunk_bytes = 0;
  std::int64_t max_icc_bytes = 0;
  std::int64_t max_exif_bytes = 0;
};
// kUnknown: of all formats that have none of their own.
using FormatLimits = std::map<ImageFormat, FormatLimit>;

// The word for a format in settings: "jpeg", "heif", "raw", …; empty for kUnknown.
absl::string_view FormatWord(ImageFormat format);

// Parses "tiff=400000000:2147483648,gif=20000000:frames=50,all=icc=500000": FORMAT=PART[:PART…],
// where a part is NAME=NUMBER. The first two may go without their names, pixels and bytes. An empty
// or zero part leaves the common limit. FORMAT "all" is every format that has the limit.
//   kInvalidArgument  every malformed entry, and every limit that its format does not have, in one
//                     message that says what is possible.
absl::StatusOr<FormatLimits> ParseFormatLimits(absl::string_view text);

// Whether files of the format are held to such a limit: a JPEG has no frames that are counted. Of
// camera RAW files, what their previews, which are JPEGs, are held to.
bool HasLimit(ImageFormat format, std::int64_t FormatLimit::*which);

// The format's own limit where it has one, else that of all formats, else `common`.
std::int64_t LimitOf(const FormatLimits& limits, ImageFormat format,
                     std::int64_t FormatLimit::*which, std::int64_t common);
std::int64_t PixelLimit(const FormatLimits& limits, ImageFormat format, std::int64_t common);
std::int64_t ByteLimit(const FormatLimits& limits, ImageFormat format, std::int64_t common);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_FORMAT_LIMITS_H_
