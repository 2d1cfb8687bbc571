#include "thumbnail-service/renderer/read/tone_curve.h"

#include <algorithm>
#include <cmath>

namespace hestia {
namespace {
constexpr double kMiddleGrey = 0.18;
constexpr double kWhiteShare = 0.995;
}  // namespace

float ToneCurve::Luminance(float red, float green, float blue) {
  return 0.2126F * red + 0.7152F * green + 0.0722F * blue;
}

void ToneCurve::Measure(float luminance) {
  if (!(luminance > 0)) return;  // NaN, too
  const double stops = std::clamp<double>(std::log2(luminance), -kStops, kStops);
  const auto bin = static_cast<int>((stops + kStops) * kBinsPerStop);
  ++histogram_[static_cast<std::size_t>(std::min(bin, kBins - 1))];
  ++measured_;
  sum_of_stops_ += stops;
}

void ToneCurve::Settle() {
  if (measured_ == 0) return;
  const auto below = static_cast<std::uint64_t>(kWhiteShare * static_cast<double>(measured_));
  std::uint64_t seen = 0;
  std::size_t bin = 0;
  while (bin + 1 < histogram_.size() && seen + histogram_[bin] <= below) seen += histogram_[bin++];
  const double white =
      std::exp2(static_cast<double>(bin) / kBinsPerStop - static_cast<double>(kStops));
  compresses_ = white > 1;
  if (!compresses_) return;
  const double middle = std::exp2(sum_of_stops_ / static_cast<double>(measured_));
  const bool unusual = middle < kMiddleGrey / 8 || middle > kMiddleGrey * 8;
  if (unusual && light_ == Light::kOfScene) {
    exposure_ = static_cast<float>(kMiddleGrey / middle);
  }
  white_ = static_cast<float>(white) * exposure_;
}

float ToneCurve::Factor(float luminance) const {
  if (!compresses_ || !(luminance > 0)) return 1;
  const float exposed = std::min(luminance, std::exp2(static_cast<float>(kStops))) * exposure_;
  // White and above is 1; small values keep their exposure.
  const float shown = exposed * (1 + exposed / (white_ * white_)) / (1 + exposed);
  return shown / luminance;
}

}  // namespace hestia
