#include "thumbnail-service/renderer/fast_formats.h"

#include <cstdio>
#include <string>

#include <jpeglib.h>
#include <png.h>
#include <webp/decode.h>
#include <webp/encode.h>

#include "thumbnail-service/renderer/description.h"

namespace hestia {
namespace {
#define HESTIA_TEXT_OF(macro) #macro
#define HESTIA_EXPANDED_TEXT_OF(macro) HESTIA_TEXT_OF(macro)
// A program has libjpeg-turbo linked in, so the header's version is the one.
constexpr char kJpegVersion[] = "libjpeg-turbo " HESTIA_EXPANDED_TEXT_OF(LIBJPEG_TURBO_VERSION);

std::string WebpVersion(int packed) {
  return "libwebp " + std::to_string(packed >> 16) + "." + std::to_string(packed >> 8 & 0xff) +
         "." + std::to_string(packed & 0xff);
}
}  // namespace

void DescribeFastFormats(wire::Description& description) {
  AddFormat(description, "JPEG", kJpegVersion, kJpegVersion, /*scaled=*/true);
  const std::string png = std::string("libpng ") + png_get_libpng_ver(nullptr);
  AddFormat(description, "PNG", png, png);
  AddFormat(description, "WebP", WebpVersion(WebPGetDecoderVersion()),
            WebpVersion(WebPGetEncoderVersion()));
}

}  // namespace hestia
