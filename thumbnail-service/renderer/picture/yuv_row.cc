#include "thumbnail-service/renderer/picture/yuv_row.h"

#include <algorithm>
#include <cmath>

namespace hestia {
namespace {
std::uint8_t Clamp(float value) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0F, 255.0F)));
}
}  // namespace

void YuvRow(const Picture& picture, int y, std::uint8_t* row) {
  const bool limited = picture.colour == Colour::kYuvLimited;
  const float luma_scale = limited ? 255.0F / 219.0F : 1.0F;
  const float luma_zero = limited ? 16.0F : 0.0F;
  const float chroma_scale = limited ? 255.0F / 224.0F : 1.0F;
  const std::uint8_t* luma = picture.planes[0].Row(y);
  const std::uint8_t* blues = picture.planes[1].Row(y);
  const std::uint8_t* reds = picture.planes[2].Row(y);
  for (int x = 0; x < picture.width(); ++x) {
    const float light = (static_cast<float>(luma[x]) - luma_zero) * luma_scale;
    const float blue = (static_cast<float>(blues[x]) - 128.0F) * chroma_scale;
    const float red = (static_cast<float>(reds[x]) - 128.0F) * chroma_scale;
    *row++ = Clamp(light + 1.402F * red);
    *row++ = Clamp(light - 0.344136F * blue - 0.714136F * red);
    *row++ = Clamp(light + 1.772F * blue);
  }
}

}  // namespace hestia
