#include "tests/thumbnail-service/render/colour_profiles.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include <lcms2.h>

namespace hestia {
namespace {
constexpr std::array<double, 3> kD50{0.9642, 1.0, 0.8249};

void Require(bool fine) {
  if (!fine) std::abort();
}

double DecodeSrgb(double value) {
  return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

int EncodeSrgb(double light) {
  light = std::clamp(light, 0.0, 1.0);
  const double value =
      light <= 0.0031308 ? 12.92 * light : 1.055 * std::pow(light, 1 / 2.4) - 0.055;
  return static_cast<int>(std::lround(255 * value));
}

std::string Serialise(cmsHPROFILE profile) {
  cmsUInt32Number size = 0;
  Require(cmsSaveProfileToMem(profile, nullptr, &size) != FALSE);
  std::string bytes(size, '\0');
  Require(cmsSaveProfileToMem(profile, bytes.data(), &size) != FALSE);
  cmsCloseProfile(profile);
  return bytes;
}

cmsToneCurve* Curve(double gamma) {
  const double srgb[] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
  return gamma == 0 ? cmsBuildParametricToneCurve(nullptr, 4, srgb) : cmsBuildGamma(nullptr, gamma);
}

std::array<double, 3> OddInksLab(double c, double m, double y, double k) {
  return {std::max(0.0, 100 - 50 * c - 40 * m - 10 * y - 60 * k), 60 * m - 40 * c, 60 * y - 30 * c};
}

constexpr double kSpread = 0.6;

std::array<double, 3> WideInksLab(double c, double m, double y, double k) {
  const double light = 1 - k;
  return {std::max(0.0, (100 - 42 * c - 48 * m - 8 * y) * light), (86 * m - 68 * c - 6 * y) * light,
          (104 * y - 52 * c - 4 * m) * light};
}

using InksLab = std::array<double, 3> (*)(double c, double m, double y, double k);

cmsInt32Number SampleInks(const cmsUInt16Number in[], cmsUInt16Number out[], void* inks) {
  const auto [l, a, b] = (*static_cast<const InksLab*>(inks))(in[0] / 65535.0, in[1] / 65535.0,
                                                              in[2] / 65535.0, in[3] / 65535.0);
  const cmsCIELab lab{l, a, b};
  cmsFloat2LabEncodedV2(out, &lab);
  return TRUE;
}

// D50 Lab of an sRGB colour.
cmsCIELab ToLab(const Rgba& colour) {
  const double r = DecodeSrgb(colour.red / 255.0);
  const double g = DecodeSrgb(colour.green / 255.0);
  const double b = DecodeSrgb(colour.blue / 255.0);
  const cmsCIEXYZ xyz{0.4360747 * r + 0.3850649 * g + 0.1430804 * b,
                      0.2225045 * r + 0.7168786 * g + 0.0606169 * b,
                      0.0139322 * r + 0.0971045 * g + 0.7141733 * b};
  cmsCIELab lab;
  cmsXYZ2Lab(cmsD50_XYZ(), &lab, &xyz);
  return lab;
}
}  // namespace

const ColourSpace kDisplayP3{
    "Display P3",
    0,
    {0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060},
    {1.2249402, -0.2249402, 0, -0.0420570, 1.0420570, 0, -0.0196376, -0.0786361, 1.0982736}};
const ColourSpace kAdobeRgb{"Adobe RGB (1998)",
                            2.19921875,
                            {0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06},
                            {1.3983558, -0.3983558, 0, 0, 1, 0, 0, -0.0429289, 1.0429289}};
const ColourSpace kProPhoto{"ProPhoto",
                            1.8,
                            {0.3457, 0.3585, 0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001},
                            {2.0343676, -0.7276347, -0.3067329, -0.2288246, 1.2317292, -0.0029046,
                             -0.0085649, -0.1532726, 1.1618376}};
const ColourSpace kSrgb{
    "sRGB", 0, {0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};

const ColourSpace kLinearSrgb{"linear sRGB", 1, kSrgb.chromaticity, kSrgb.to_srgb};
const ColourSpace kWideLight{"linear Adobe RGB", 1, kAdobeRgb.chromaticity, kAdobeRgb.to_srgb};

std::string RgbProfile(const ColourSpace& space) {
  const std::array<double, 8>& c = space.chromaticity;
  const cmsCIExyY white{c[0], c[1], 1};
  const cmsCIExyYTRIPLE primaries{{c[2], c[3], 1}, {c[4], c[5], 1}, {c[6], c[7], 1}};
  cmsToneCurve* curve = Curve(space.gamma);
  cmsToneCurve* curves[] = {curve, curve, curve};
  cmsHPROFILE profile = cmsCreateRGBProfile(&white, &primaries, curves);
  cmsFreeToneCurve(curve);
  return Serialise(profile);
}

std::string GreyProfile(double gamma) {
  cmsToneCurve* curve = Curve(gamma);
  cmsHPROFILE profile = cmsCreateGrayProfile(cmsD50_xyY(), curve);
  cmsFreeToneCurve(curve);
  return Serialise(profile);
}

namespace {
std::string InksProfile(InksLab inks, double spread = 1) {
  cmsHPROFILE profile = cmsCreateProfilePlaceholder(nullptr);
  cmsSetProfileVersion(profile, 2.4);
  cmsSetDeviceClass(profile, cmsSigOutputClass);
  cmsSetColorSpace(profile, cmsSigCmykData);
  cmsSetPCS(profile, cmsSigLabData);
  cmsPipeline* pipeline = cmsPipelineAlloc(nullptr, 4, 3);
  cmsStage* table = cmsStageAllocCLut16bit(nullptr, 9, 4, 3, nullptr);
  Require(cmsStageSampleCLut16bit(table, SampleInks, &inks, 0) != FALSE);
  Require(cmsPipelineInsertStage(pipeline, cmsAT_BEGIN, table) != FALSE);
  if (spread != 1) {
    cmsToneCurve* curve = cmsBuildGamma(nullptr, spread);
    cmsToneCurve* curves[] = {curve, curve, curve, curve};
    cmsStage* spreads = cmsStageAllocToneCurves(nullptr, 4, curves);
    Require(cmsPipelineInsertStage(pipeline, cmsAT_BEGIN, spreads) != FALSE);
    cmsFreeToneCurve(curve);
  }
  Require(cmsWriteTag(profile, cmsSigAToB0Tag, pipeline) != FALSE);
  Require(cmsWriteTag(profile, cmsSigMediaWhitePointTag, cmsD50_XYZ()) != FALSE);
  cmsPipelineFree(pipeline);
  return Serialise(profile);
}
}  // namespace

std::string OddInksProfile() { return InksProfile(OddInksLab); }
std::string WideInksProfile() { return InksProfile(WideInksLab, kSpread); }

Rgba SharesToSrgb(const ColourSpace& space, const std::array<double, 3>& colour) {
  const auto light = [&](double value) {
    return space.gamma == 0 ? DecodeSrgb(value) : std::pow(value, space.gamma);
  };
  const std::array<double, 3> from{light(colour[0]), light(colour[1]), light(colour[2])};
  const auto row = [&](std::size_t i) {
    const double* m = space.to_srgb.data() + 3 * i;
    return EncodeSrgb(m[0] * from[0] + m[1] * from[1] + m[2] * from[2]);
  };
  return {row(0), row(1), row(2), 255};
}

Rgba ToSrgb(const ColourSpace& space, const Rgba& colour) {
  Rgba srgb = SharesToSrgb(space, {colour.red / 255.0, colour.green / 255.0, colour.blue / 255.0});
  srgb.alpha = colour.alpha;
  return srgb;
}

Rgba LabToSrgb(double lightness, double a, double b) {
  const double fy = (lightness + 16) / 116;
  const auto inverse = [](double f) {
    return f > 6.0 / 29 ? f * f * f : (f - 4.0 / 29) * 3 * (6.0 / 29) * (6.0 / 29);
  };
  const double x = kD50[0] * inverse(fy + a / 500);
  const double y = kD50[1] * inverse(fy);
  const double z = kD50[2] * inverse(fy - b / 200);
  return {EncodeSrgb(3.1338561 * x - 1.6168667 * y - 0.4906146 * z),
          EncodeSrgb(-0.9787684 * x + 1.9161415 * y + 0.0334540 * z),
          EncodeSrgb(0.0719453 * x - 0.2289914 * y + 1.4052427 * z)};
}

Rgba OddInksToSrgb(double cyan, double magenta, double yellow, double black) {
  const auto [l, a, b] = OddInksLab(cyan, magenta, yellow, black);
  return LabToSrgb(l, a, b);
}

Rgba WideInksToSrgb(double cyan, double magenta, double yellow, double black) {
  const auto spread = [](double ink) { return std::pow(ink, kSpread); };
  const auto [l, a, b] = WideInksLab(spread(cyan), spread(magenta), spread(yellow), spread(black));
  return LabToSrgb(l, a, b);
}

double ColourDifference(const Rgba& one, const Rgba& other) {
  const cmsCIELab a = ToLab(one);
  const cmsCIELab b = ToLab(other);
  return cmsCIE2000DeltaE(&a, &b, 1, 1, 1);
}

}  // namespace hestia
