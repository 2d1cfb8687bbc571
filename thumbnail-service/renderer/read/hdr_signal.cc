#include "thumbnail-service/renderer/read/hdr_signal.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace hestia {
namespace {
constexpr double kReferenceWhite = 203;  // cd/m²

// BT.2100 table 4.
double PqLight(double signal) {
  constexpr double kM1 = 2610.0 / 16384;
  constexpr double kM2 = 2523.0 / 4096 * 128;
  constexpr double kC1 = 3424.0 / 4096;
  constexpr double kC2 = 2413.0 / 4096 * 32;
  constexpr double kC3 = 2392.0 / 4096 * 32;
  const double root = std::pow(signal, 1 / kM2);
  return 10'000 * std::pow(std::max(root - kC1, 0.0) / (kC2 - kC3 * root), 1 / kM1);
}

// BT.2100 table 5.
double HlgScene(double signal) {
  constexpr double kA = 0.17883277;
  constexpr double kB = 1 - 4 * kA;
  const double c = 0.5 - kA * std::log(4 * kA);
  return signal <= 0.5 ? signal * signal / 3 : (std::exp((signal - c) / kA) + kB) / 12;
}

constexpr float kHlgPeak = 1000 / static_cast<float>(kReferenceWhite);
constexpr float kHlgGamma = 1.2F;

// The display's light, relative to the scene's, is a power of the scene's luminance.
void ShowHlg(float* rgb) {
  const float luminance = 0.2627F * rgb[0] + 0.6780F * rgb[1] + 0.0593F * rgb[2];
  const float factor = luminance > 0 ? kHlgPeak * std::pow(luminance, kHlgGamma - 1) : 0.0F;
  for (int c = 0; c < 3; ++c) rgb[c] *= factor;
}
}  // namespace

HdrSignal::HdrSignal(HdrCurve curve, const Chromaticities& primaries, int top)
    : curve_(curve), top_(top), to_srgb_(LightConversion::For(primaries)) {
  for (int sample = 0; sample <= top; ++sample) {
    const double signal = static_cast<double>(sample) / top;
    decoded_.push_back(static_cast<float>(curve == HdrCurve::kPq ? PqLight(signal) / kReferenceWhite
                                                                 : HlgScene(signal)));
  }
}

void HdrSignal::ToLight(const std::uint16_t* samples, int width, LightRow kind,
                        RowShrinker::Alpha alpha, float* light) const {
  float* pixel = light;
  for (int x = 0; x < width; ++x, samples += kind.channels(), pixel += kind.channels()) {
    const int cover = kind.alpha ? std::min<int>(samples[3], top_) : top_;
    for (int c = 0; c < 3; ++c) {
      int sample = std::min<int>(samples[c], top_);
      if (alpha == RowShrinker::Alpha::kPremultiplied && cover > 0) {
        sample = std::min(sample * top_ / cover, top_);
      }
      pixel[c] = decoded_[static_cast<std::size_t>(sample)];
    }
    if (curve_ == HdrCurve::kHlg) ShowHlg(pixel);
    if (!kind.alpha) continue;
    pixel[3] = static_cast<float>(cover) / static_cast<float>(top_);
    for (int c = 0; c < 3; ++c) pixel[c] *= pixel[3];
  }
  if (to_srgb_.has_value()) to_srgb_->Apply(light, width, kind);
}

}  // namespace hestia
