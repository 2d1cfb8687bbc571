#include "tests/thumbnail-service/render/heif_images.h"

#include <avif/avif.h>

#include <cstdint>
#include <cstdlib>
#include <vector>

namespace hestia {
namespace {
void Require(bool fine) {
  if (!fine) std::abort();
}
}  // namespace

std::string MakeAvif(const Pixels& pixels, const AvifOptions& options) {
  avifImage* image =
      avifImageCreate(static_cast<std::uint32_t>(pixels.width),
                      static_cast<std::uint32_t>(pixels.height),
                      static_cast<std::uint32_t>(options.bits),
                      options.grey ? AVIF_PIXEL_FORMAT_YUV400 : AVIF_PIXEL_FORMAT_YUV444);
  image->matrixCoefficients = AVIF_MATRIX_COEFFICIENTS_BT601;
  std::vector<std::uint8_t> rgba;
  for (const Rgba& colour : pixels.colours) {
    for (const int value :
         {colour.red, colour.green, colour.blue, options.alpha ? colour.alpha : 255}) {
      rgba.push_back(static_cast<std::uint8_t>(value));
    }
  }
  avifRGBImage rgb;
  avifRGBImageSetDefaults(&rgb, image);
  rgb.depth = 8;
  rgb.ignoreAlpha = options.alpha ? AVIF_FALSE : AVIF_TRUE;
  rgb.pixels = rgba.data();
  rgb.rowBytes = static_cast<std::uint32_t>(pixels.width) * 4;
  Require(avifImageRGBToYUV(image, &rgb) == AVIF_RESULT_OK);
  if (options.turns != 0) {
    image->transformFlags |= AVIF_TRANSFORM_IROT;
    image->irot.angle = static_cast<std::uint8_t>(options.turns);
  }
  avifEncoder* encoder = avifEncoderCreate();
  encoder->speed = AVIF_SPEED_FASTEST;
  encoder->minQuantizer = 0;
  encoder->maxQuantizer = 8;
  avifRWData output = AVIF_DATA_EMPTY;
  Require(avifEncoderWrite(encoder, image, &output) == AVIF_RESULT_OK);
  const std::string bytes(reinterpret_cast<const char*>(output.data), output.size);
  avifRWDataFree(&output);
  avifEncoderDestroy(encoder);
  avifImageDestroy(image);
  return bytes;
}

}  // namespace hestia
