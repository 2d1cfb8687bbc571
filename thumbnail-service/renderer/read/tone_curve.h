#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_TONE_CURVE_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_TONE_CURVE_H_

#include <array>
#include <cstdint>

namespace hestia {

// Brings a scene's light into what a screen can show. Light that stays within 0..1 is left as
// it is. More is compressed by luminance, so that hues stay: dark parts keep their contrast,
// and the brightest half percent becomes white. Light of a scene that is far from any usual
// exposure (physical units) is exposed first, by its mean logarithm; light that somebody saw on a
// display is as bright as it was meant, so that a night stays a night.
//
// Thread-safety: none while measuring, immutable afterwards. Memory: a histogram of 4 KiB.
class ToneCurve {
 public:
  enum class Light { kOfScene, kOfDisplay };
  explicit ToneCurve(Light light) : light_(light) {}

  // Linear luminance. 0.2126 R + 0.7152 G + 0.0722 B.
  static float Luminance(float red, float green, float blue);

  // One pixel's; what is no positive number counts as nothing.
  void Measure(float luminance);
  // After the last pixel.
  void Settle();
  // What the pixel's colours are to be multiplied by.
  float Factor(float luminance) const;

 private:
  static constexpr int kStops = 16;  // either way from 1
  static constexpr int kBinsPerStop = 32;
  static constexpr int kBins = 2 * kStops * kBinsPerStop;

  const Light light_;
  std::array<std::uint32_t, kBins> histogram_{};
  std::uint64_t measured_ = 0;
  double sum_of_stops_ = 0;
  bool compresses_ = false;
  float exposure_ = 1;
  float white_ = 1;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_TONE_CURVE_H_
