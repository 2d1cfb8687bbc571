#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_COLOUR_PROFILES_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_COLOUR_PROFILES_H_

#include <array>
#include <string>

#include "tests/thumbnail-service/render/image_factory.h"

namespace hestia {

// ICC profiles made for tests, and what their colours are in sRGB by plain arithmetic: the
// published matrices between linear light, no colour management.

struct ColourSpace {
  const char* name;
  double gamma;                        // 0: sRGB's own curve
  std::array<double, 8> chromaticity;  // white, red, green, blue: x, y
  std::array<double, 9> to_srgb;       // linear light, adapted to D65 (Bradford)
};

extern const ColourSpace kDisplayP3;
extern const ColourSpace kAdobeRgb;
extern const ColourSpace kProPhoto;
extern const ColourSpace kSrgb;
extern const ColourSpace kLinearSrgb;  // its primaries without its curve
extern const ColourSpace kWideLight;   // Adobe's primaries without a curve

std::string RgbProfile(const ColourSpace& space);
std::string GreyProfile(double gamma);
// Inks that make L* = 100 - 50 C - 40 M - 10 Y - 60 K (each 0..1, not below 0), a* = 60 M - 40 C,
// b* = 60 Y - 30 C: nothing like offset print, so that only the profile can tell.
std::string OddInksProfile();

// Inks of more chroma than offset print has, as those of expanded-gamut printing (XCMYK): L* = 100 -
// 42 C - 48 M - 8 Y, a* = 86 M - 68 C - 6 Y, b* = 104 Y - 52 C - 4 M, all times 1 - K; where each is
// its amount to the power of 0.6, for dots spread.
std::string WideInksProfile();

Rgba ToSrgb(const ColourSpace& space, const Rgba& colour);
// Red, green, blue as shares of the largest sample.
Rgba SharesToSrgb(const ColourSpace& space, const std::array<double, 3>& colour);
Rgba OddInksToSrgb(double cyan, double magenta, double yellow, double black);
Rgba WideInksToSrgb(double cyan, double magenta, double yellow, double black);
Rgba LabToSrgb(double lightness, double a, double b);

// CIEDE2000 between two sRGB colours.
double ColourDifference(const Rgba& one, const Rgba& other);

}  // namespace hestia

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_COLOUR_PROFILES_H_
