#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_IMAGE_FORMAT_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_IMAGE_FORMAT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include <absl/strings/string_view.h>

namespace hestia {

// What a file is by its first bytes; its name is never asked. The numbers travel to the
// renderers (thumbnail-service/renderer/wire.h), so they are never reused.
//
// Thread-safety: pure functions.
enum class ImageFormat : std::uint32_t {
  kUnknown = 0,
  kJpeg = 1,
  kPng = 2,
  kWebp = 3,
  kGif = 4,
  kTiff = 5,
  kBmp = 6,
  kHeif = 7,  // HEIC and AVIF: one container, one reader (libheif)
  kJpeg2000 = 8,
  kPsd = 9,
  kOpenExr = 10,
  kRadianceHdr = 11,
  kDpx = 12,
  kPnm = 13,
  kCameraRaw = 14,
  kIco = 15,
  kSgi = 16,
  kCineon = 17,
  kSvg = 18,
  kJpegXl = 19,
  kPdf = 20,
  kVideo = 21,  // any container
};

inline constexpr std::array kAllImageFormats = {
    ImageFormat::kJpeg,     ImageFormat::kPng,    ImageFormat::kWebp,        ImageFormat::kGif,
    ImageFormat::kTiff,     ImageFormat::kBmp,    ImageFormat::kHeif,        ImageFormat::kJpeg2000,
    ImageFormat::kPsd,      ImageFormat::kOpenExr, ImageFormat::kRadianceHdr, ImageFormat::kDpx,
    ImageFormat::kPnm,      ImageFormat::kCameraRaw, ImageFormat::kIco,       ImageFormat::kSgi,
    ImageFormat::kCineon,   ImageFormat::kSvg,    ImageFormat::kJpegXl,    ImageFormat::kPdf,
    ImageFormat::kVideo};

// Bytes Sniff wants to see; fewer are fine when the file has no more.
constexpr std::size_t kSniffBytes = 4096;

// kUnknown unless one of the formats above begins like `head`. A match promises nothing
// about the rest.
ImageFormat Sniff(absl::string_view head);

// "JPEG", "HEIC/AVIF", … for people.
absl::string_view FormatTitle(ImageFormat format);

// What a file that is no readable image looks like, for a person who wonders why it has no
// thumbnail: "a ZIP archive", "an ICC colour profile", "text", "an empty file",
// "an unknown format".
std::string DescribeUnreadable(absl::string_view head);

// The OpenImageIO reader for the format; empty for those that the programs read by other
// libraries, and for kUnknown.
absl::string_view OiioReader(ImageFormat format);

// Whether thumbnail-renderer reads it (JPEG, PNG, WebP) rather than thumbnail-renderer-oiio.
bool IsReadByFastRenderer(ImageFormat format);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_IMAGE_FORMAT_H_
