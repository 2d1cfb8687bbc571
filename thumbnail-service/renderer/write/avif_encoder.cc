#include <avif/avif.h>

#include <algorithm>
#include <memory>

#include "thumbnail-service/renderer/first_use.h"
#include "thumbnail-service/renderer/picture/interleave.h"
#include "thumbnail-service/renderer/refuse.h"
#include "thumbnail-service/renderer/write/encoders.h"

namespace hestia {
namespace {
constexpr int kWorstQuantizer = 63;

struct FreeImage {
  void operator()(avifImage* image) const { avifImageDestroy(image); }
};
using Image = std::unique_ptr<avifImage, FreeImage>;

void RefuseUnlessOk(avifResult result) {
  if (result == AVIF_RESULT_OK) return;
  if (result == AVIF_RESULT_OUT_OF_MEMORY) RefuseForMemory();
  Refuse(result == AVIF_RESULT_NO_CODEC_AVAILABLE ? wire::Outcome::kUnsupported
                                                  : wire::Outcome::kDecodeFailed,
         "AVIF encoder: %s", avifResultToString(result));
}

Image MakeImage(const Picture& picture) {
  Image image(avifImageCreate(static_cast<std::uint32_t>(picture.width()),
                              static_cast<std::uint32_t>(picture.height()), 8,
                              AVIF_PIXEL_FORMAT_YUV420));
  if (image == nullptr) RefuseForMemory();
  image->colorPrimaries = AVIF_COLOR_PRIMARIES_BT709;
  image->transferCharacteristics = AVIF_TRANSFER_CHARACTERISTICS_SRGB;
  image->matrixCoefficients = AVIF_MATRIX_COEFFICIENTS_BT601;  // as JPEG's and WebP's planes
  image->yuvRange = AVIF_RANGE_FULL;
  return image;
}

// Borrows the planes.
Image ImageOfYuv(Picture& yuv) {
  Image image = MakeImage(yuv);
  for (std::size_t i = 0; i < 3; ++i) {
    image->yuvPlanes[i] = yuv.planes[i].Row(0);
    image->yuvRowBytes[i] = static_cast<std::uint32_t>(yuv.planes[i].stride());
  }
  image->imageOwnsYUVPlanes = AVIF_FALSE;
  return image;
}

Image ImageOfRgb(const Picture& picture) {
  Image image = MakeImage(picture);
  std::vector<std::uint8_t> pixels =
      picture.alpha.has_value() ? ToStraightRgba(picture) : ToRgbOnWhite(picture);
  avifRGBImage rgb;
  avifRGBImageSetDefaults(&rgb, image.get());
  rgb.format = picture.alpha.has_value() ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
  rgb.depth = 8;
  rgb.pixels = pixels.data();
  rgb.rowBytes = static_cast<std::uint32_t>(pixels.size() / static_cast<std::size_t>(picture.height()));
  RefuseUnlessOk(avifImageRGBToYUV(image.get(), &rgb));
  return image;
}
}  // namespace

std::vector<std::uint8_t> EncodeAvif(const Picture& picture, int quality, int effort) {
  NoteUse(Library::kAvifWriter);
  Picture yuv;
  const bool rgb = picture.colour == Colour::kRgb;
  if (!rgb) yuv = ToYuv(picture, Colour::kYuvFull);
  const Image image = rgb ? ImageOfRgb(picture) : ImageOfYuv(yuv);
  const std::unique_ptr<avifEncoder, decltype(&avifEncoderDestroy)> encoder(avifEncoderCreate(),
                                                                            avifEncoderDestroy);
  if (encoder == nullptr) RefuseForMemory();
  encoder->codecChoice = AVIF_CODEC_CHOICE_AOM;
  encoder->maxThreads = 1;
  encoder->speed = AVIF_SPEED_FASTEST - effort;
  const int quantizer = ((100 - quality) * kWorstQuantizer + 50) / 100;
  encoder->minQuantizer = encoder->maxQuantizer = quantizer;
  // Edges of transparency show artefacts first.
  encoder->minQuantizerAlpha = encoder->maxQuantizerAlpha = quantizer / 2;
  avifRWData output = AVIF_DATA_EMPTY;
  RefuseUnlessOk(avifEncoderWrite(encoder.get(), image.get(), &output));
  std::vector<std::uint8_t> encoded(output.data, output.data + output.size);
  avifRWDataFree(&output);
  return encoded;
}

}  // namespace hestia
