#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_GAMMA_PROFILE_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_GAMMA_PROFILE_H_

#include <cstdint>
#include <vector>

namespace hestia {

// Profiles for files that describe their colours by numbers instead of a profile.
//
// Thread-safety: pure functions.

struct Chromaticity {
  double x = 0;
  double y = 0;
};

struct Chromaticities {
  Chromaticity white;
  Chromaticity red;
  Chromaticity green;
  Chromaticity blue;
};

constexpr Chromaticities kSrgbChromaticities{
    {0.3127, 0.3290}, {0.64, 0.33}, {0.30, 0.60}, {0.15, 0.06}};

// An ICC profile of these colours whose values are light to the power of `exponent`, as in
// PNG's gAMA chunk (0.45455 is near sRGB). Empty when that is sRGB as far as anybody could
// see, or when the numbers make no sense. `grey`: only the white point counts.
std::vector<std::uint8_t> MakeProfile(const Chromaticities& colours, double exponent, bool grey);

// The same for values that have sRGB's curve.
std::vector<std::uint8_t> MakeProfileWithSrgbCurve(const Chromaticities& colours);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_GAMMA_PROFILE_H_
