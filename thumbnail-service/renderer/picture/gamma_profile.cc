#include "thumbnail-service/renderer/picture/gamma_profile.h"

#include <cmath>

#include <lcms2.h>

namespace hestia {
namespace {
constexpr double kSrgbExponent = 1 / 2.2;

bool Close(Chromaticity a, Chromaticity b) {
  return std::abs(a.x - b.x) < 0.002 && std::abs(a.y - b.y) < 0.002;
}

bool IsSrgb(const Chromaticities& colours, double exponent, bool grey) {
  if (std::abs(exponent - kSrgbExponent) > 0.005) return false;
  const Chromaticities& srgb = kSrgbChromaticities;
  return grey || (Close(colours.white, srgb.white) && Close(colours.red, srgb.red) &&
                  Close(colours.green, srgb.green) && Close(colours.blue, srgb.blue));
}

cmsHPROFILE Build(const Chromaticities& colours, cmsToneCurve* curve, bool grey) {
  const cmsCIExyY white{colours.white.x, colours.white.y, 1};
  if (grey) return cmsCreateGrayProfile(&white, curve);
  const cmsCIExyYTRIPLE primaries{{colours.red.x, colours.red.y, 1},
                                  {colours.green.x, colours.green.y, 1},
                                  {colours.blue.x, colours.blue.y, 1}};
  cmsToneCurve* curves[] = {curve, curve, curve};
  return cmsCreateRGBProfile(&white, &primaries, curves);
}

std::vector<std::uint8_t> Serialise(cmsHPROFILE profile) {
  cmsUInt32Number size = 0;
  if (cmsSaveProfileToMem(profile, nullptr, &size) == FALSE) return {};
  std::vector<std::uint8_t> bytes(size);
  if (cmsSaveProfileToMem(profile, bytes.data(), &size) == FALSE) return {};
  return bytes;
}

std::vector<std::uint8_t> WithCurve(const Chromaticities& colours, cmsToneCurve* curve, bool grey) {
  if (curve == nullptr) return {};
  cmsHPROFILE profile = Build(colours, curve, grey);
  cmsFreeToneCurve(curve);
  if (profile == nullptr) return {};
  std::vector<std::uint8_t> bytes = Serialise(profile);
  cmsCloseProfile(profile);
  return bytes;
}
}  // namespace

std::vector<std::uint8_t> MakeProfile(const Chromaticities& colours, double exponent, bool grey) {
  if (!(exponent > 0.05) || exponent > 10 || IsSrgb(colours, exponent, grey)) return {};
  return WithCurve(colours, cmsBuildGamma(nullptr, 1 / exponent), grey);
}

std::vector<std::uint8_t> MakeProfileWithSrgbCurve(const Chromaticities& colours) {
  if (IsSrgb(colours, kSrgbExponent, false)) return {};
  constexpr cmsInt32Number kPowerBehindALine = 4;  // ICC's parametric type 3
  constexpr double kSrgb[] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
  return WithCurve(colours, cmsBuildParametricToneCurve(nullptr, kPowerBehindALine, kSrgb), false);
}

}  // namespace hestia
