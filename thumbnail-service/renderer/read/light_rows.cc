#include "thumbnail-service/renderer/read/light_rows.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/read/readers.h"

namespace hestia {
namespace {
std::uint8_t ToByte(float value) {
  // The comparison is false for NaN, too.
  return value > 0 ? static_cast<std::uint8_t>(std::lround(std::min(value, 1.0F) * 255.0F)) : 0;
}

float EncodeSrgb(float linear) {
  return linear <= 0.0031308F ? 12.92F * linear : 1.055F * std::pow(linear, 1 / 2.4F) - 0.055F;
}

// How bright one pixel is, apart from how much it covers.
float LuminanceOf(const float* pixel, LightRow kind, float& alpha) {
  alpha = kind.alpha ? pixel[kind.colours] : 1.0F;
  if (!(alpha > 0 && alpha < 1)) alpha = kind.alpha && !(alpha > 0) ? 0.0F : 1.0F;
  const float luminance =
      kind.colours == 1 ? pixel[0] : ToneCurve::Luminance(pixel[0], pixel[1], pixel[2]);
  return alpha > 0 ? luminance / alpha : luminance;
}

// Tells the curve of every pixel that can be seen.
void MeasureLight(const float* row, int width, LightRow kind, ToneCurve& curve) {
  for (int x = 0; x < width; ++x, row += kind.channels()) {
    float alpha = 1;
    const float luminance = LuminanceOf(row, kind, alpha);
    if (alpha > 0) curve.Measure(luminance);
  }
}

// Light through the curve, encoded as sRGB; alpha is straight afterwards.
void LightToBytes(const float* row, int width, LightRow kind, const ToneCurve& curve,
                  std::uint8_t* bytes) {
  for (int x = 0; x < width; ++x, row += kind.channels()) {
    float alpha = 1;
    const float factor = curve.Factor(LuminanceOf(row, kind, alpha)) / (alpha > 0 ? alpha : 1.0F);
    for (int c = 0; c < kind.colours; ++c) {
      *bytes++ = ToByte(EncodeSrgb(std::min(row[c] * factor, 1.0F)));
    }
    if (kind.alpha) *bytes++ = ToByte(alpha);
  }
}

// What is shown of a row that is not there.
std::vector<std::uint8_t> MissingRow(int width, LightRow kind) {
  return std::vector<std::uint8_t>(
      static_cast<std::size_t>(width) * static_cast<std::size_t>(kind.channels()),
      kind.alpha ? 0 : kMissingGrey);
}
}  // namespace

Picture ShrinkLight(Size image, LightRow kind, ToneCurve::Light light, Size wanted,
                    const LightSource& rows) {
  ToneCurve curve(light);
  for (int y = 0; y < image.height; ++y) {
    const float* row = rows(y);
    if (row != nullptr) MeasureLight(row, image.width, kind, curve);
  }
  curve.Settle();
  RowShrinker shrinker(image, kind.channels(), wanted);
  const std::vector<std::uint8_t> missing = MissingRow(image.width, kind);
  std::vector<std::uint8_t> bytes(missing.size());
  for (int y = 0; y < image.height; ++y) {
    const float* row = rows(y);
    if (row != nullptr) LightToBytes(row, image.width, kind, curve, bytes.data());
    shrinker.Add(row != nullptr ? bytes.data() : missing.data());
  }
  return shrinker.Finish();
}

}  // namespace hestia
