#include "thumbnail-service/renderer/read/hdr_signal.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

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

// How much of white's luminance each of the primaries has: what is left of its solution of
// red + green + blue = white. BT.2020's where the numbers make no sense.
std::array<float, 3> LuminanceOf(const Chromaticities& primaries) {
  constexpr std::array<float, 3> kBt2020{0.2627F, 0.6780F, 0.0593F};
  // Of two of them and a third, as (x, y, z) = (x, y, 1 - x - y), the volume.
  const auto volume = [](const Chromaticity& a, const Chromaticity& b, const Chromaticity& c) {
    return a.x * (b.y - c.y) + b.x * (c.y - a.y) + c.x * (a.y - b.y);
  };
  const auto& [white, red, green, blue] = primaries;
  const double all = volume(red, green, blue) * white.y;
  const std::array<double, 3> shares{volume(white, green, blue) * red.y / all,
                                     volume(red, white, blue) * green.y / all,
                                     volume(red, green, white) * blue.y / all};
  std::array<float, 3> luminance{};
  for (std::size_t c = 0; c < 3; ++c) {
    // The comparison is false for NaN, too.
    if (!(shares[c] >= 0 && shares[c] <= 1)) return kBt2020;
    luminance[c] = static_cast<float>(shares[c]);
  }
  return luminance;
}
}  // namespace

HdrSignal::HdrSignal(HdrCurve curve, const Chromaticities& primaries, int top)
    : curve_(curve),
      top_(top),
      luminance_(LuminanceOf(primaries)),
      to_srgb_(LightConversion::For(primaries)) {
  for (int sample = 0; sample <= top; ++sample) {
    const double signal = static_cast<double>(sample) / top;
    decoded_.push_back(static_cast<float>(curve == HdrCurve::kPq ? PqLight(signal) / kReferenceWhite
                                                                 : HlgScene(signal)));
  }
}

// The display's light, relative to the scene's, is a power of the scene's luminance.
void HdrSignal::ShowHlg(float* pixel, int colours) const {
  const float luminance =
      colours == 1 ? pixel[0]
                   : luminance_[0] * pixel[0] + luminance_[1] * pixel[1] + luminance_[2] * pixel[2];
  const float factor = luminance > 0 ? kHlgPeak * std::pow(luminance, kHlgGamma - 1) : 0.0F;
  for (int c = 0; c < colours; ++c) pixel[c] *= factor;
}

void HdrSignal::ToLight(const std::uint16_t* samples, int width, LightRow kind,
                        RowShrinker::Alpha alpha, float* light) const {
  float* pixel = light;
  for (int x = 0; x < width; ++x, samples += kind.channels(), pixel += kind.channels()) {
    const auto top = static_cast<std::uint32_t>(top_);
    const std::uint32_t cover =
        kind.alpha ? std::min<std::uint32_t>(samples[kind.colours], top) : top;
    for (int c = 0; c < kind.colours; ++c) {
      std::uint32_t sample = std::min<std::uint32_t>(samples[c], top);
      // 65535² is just below 2³².
      if (alpha == RowShrinker::Alpha::kPremultiplied && cover > 0) {
        sample = std::min(sample * top / cover, top);
      }
      pixel[c] = decoded_[sample];
    }
    if (curve_ == HdrCurve::kHlg) ShowHlg(pixel, kind.colours);
    if (!kind.alpha) continue;
    const float share = static_cast<float>(cover) / static_cast<float>(top);
    pixel[kind.colours] = share;
    for (int c = 0; c < kind.colours; ++c) pixel[c] *= share;
  }
  if (to_srgb_.has_value()) to_srgb_->Apply(light, width, kind);
}

}  // namespace hestia
