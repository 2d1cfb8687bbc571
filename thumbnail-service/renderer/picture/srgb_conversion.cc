#include "thumbnail-service/renderer/picture/srgb_conversion.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include <lcms2.h>

#include "thumbnail-service/renderer/picture/usual_inks.h"
#include "thumbnail-service/renderer/picture/yuv_row.h"

namespace hestia {
namespace {
// Profiles of print shops have up to 3 MiB.
constexpr cmsUInt32Number kFlags = cmsFLAGS_BLACKPOINTCOMPENSATION | cmsFLAGS_NOCACHE;
// Otherwise lcms makes a coarse table of words' and inks' conversion, many levels off where it is
// dark, or where dots spread.
constexpr cmsUInt32Number kExact = kFlags | cmsFLAGS_NOOPTIMIZE;

struct CloseProfile {
  void operator()(void* profile) const { cmsCloseProfile(profile); }
};
using Profile = std::unique_ptr<void, CloseProfile>;

// Most profiles in the wild are some sRGB: its colorants (adapted to D50) and its curve.
bool IsSrgb(cmsHPROFILE profile) {
  constexpr std::array<cmsTagSignature, 3> kColorants{cmsSigRedColorantTag, cmsSigGreenColorantTag,
                                                      cmsSigBlueColorantTag};
  constexpr std::array<cmsTagSignature, 3> kCurves{cmsSigRedTRCTag, cmsSigGreenTRCTag,
                                                   cmsSigBlueTRCTag};
  constexpr std::array<cmsCIEXYZ, 3> kSrgb{
      {{0.4361, 0.2225, 0.0139}, {0.3851, 0.7169, 0.0971}, {0.1431, 0.0606, 0.7141}}};
  if (cmsIsTag(profile, cmsSigAToB0Tag)) return false;
  for (std::size_t i = 0; i < kColorants.size(); ++i) {
    const auto* xyz = static_cast<const cmsCIEXYZ*>(cmsReadTag(profile, kColorants[i]));
    const auto* curve = static_cast<const cmsToneCurve*>(cmsReadTag(profile, kCurves[i]));
    if (xyz == nullptr || curve == nullptr) return false;
    const auto off = [](double a, double b) { return std::abs(a - b) > 0.002; };
    if (off(xyz->X, kSrgb[i].X) || off(xyz->Y, kSrgb[i].Y) || off(xyz->Z, kSrgb[i].Z)) return false;
    for (const float encoded : {0.1F, 0.3F, 0.5F, 0.8F}) {
      const float light = std::pow((encoded + 0.055F) / 1.055F, 2.4F);
      if (off(cmsEvalToneCurveFloat(curve, encoded), light)) return false;
    }
  }
  return true;
}

// Grey with alpha comes as RGB.
bool IsGrey(const Picture& picture) {
  if (picture.colour != Colour::kRgb) return picture.colour == Colour::kGrey;
  for (int y = 0; y < picture.height(); ++y) {
    const std::uint8_t* red = picture.planes[0].Row(y);
    for (std::size_t i = 1; i < 3; ++i) {
      if (!std::equal(red, red + picture.width(), picture.planes[i].Row(y))) return false;
    }
  }
  return true;
}

// How many channels lcms shall take, for a profile of that kind and such a picture; none when they
// do not go together. A grey picture may come with an RGB profile. `space` is a
// cmsColorSpaceSignature or, in a damaged file, any number.
std::optional<int> InputChannels(cmsUInt32Number space, bool inks, bool grey) {
  if (space == cmsSigCmykData && inks) return 4;
  if (space == cmsSigRgbData && !inks) return 3;
  if (space == cmsSigGrayData && grey) return 1;
  return std::nullopt;
}

// lcms's name of pixels with so many channels of one or two bytes.
cmsUInt32Number InputFormat(int channels, int bytes) {
  const cmsUInt32Number kind = channels == 4 ? PT_CMYK : channels == 3 ? PT_RGB : PT_GRAY;
  return COLORSPACE_SH(kind) | CHANNELS_SH(static_cast<cmsUInt32Number>(channels)) |
         BYTES_SH(static_cast<cmsUInt32Number>(bytes));
}

Profile Open(std::span<const std::uint8_t> profile) {
  if (profile.empty() || profile.size() > kMaxProfileBytes) return nullptr;
  return Profile(
      cmsOpenProfileFromMem(profile.data(), static_cast<cmsUInt32Number>(profile.size())));
}

cmsHTRANSFORM MakeTransform(cmsHPROFILE from, cmsUInt32Number format, cmsUInt32Number flags) {
  const Profile srgb(cmsCreate_sRGBProfile());
  return cmsCreateTransform(from, format, srgb.get(), TYPE_RGB_8, INTENT_RELATIVE_COLORIMETRIC,
                            flags);
}

// L* as 0..255, and a* and b* as they are in 8-bit TIFF but with 128 for zero: lcms's own
// 8-bit form.
Profile LabProfile() { return Profile(cmsCreateLab4Profile(nullptr)); }

int Straight(int value, int alpha) {
  return alpha == 0 ? 0 : std::min((value * 255 + alpha / 2) / alpha, 255);
}

void PutRow(const std::uint8_t* rgb, const std::uint8_t* alphas, int y, Picture& picture) {
  for (int x = 0; x < picture.width(); ++x) {
    const int alpha = alphas != nullptr ? alphas[x] : 255;
    for (Plane& plane : picture.planes) {
      plane.Row(y)[x] = static_cast<std::uint8_t>((*rgb++ * alpha + 127) / 255);
    }
  }
}
}  // namespace

void SrgbConversion::Free::operator()(void* transform) const { cmsDeleteTransform(transform); }

SrgbConversion::SrgbConversion(Transform transform, int channels)
    : transform_(std::move(transform)), channels_(channels) {}

std::optional<SrgbConversion> SrgbConversion::For(const Picture& picture,
                                                  std::span<const std::uint8_t> profile) {
  const bool inks = picture.colour == Colour::kInk;
  if (picture.colour == Colour::kLab) {
    Transform transform(MakeTransform(LabProfile().get(), TYPE_Lab_8, kFlags));
    if (transform != nullptr) return SrgbConversion(std::move(transform), 3);
  } else if (const Profile from = Open(profile); from != nullptr && !IsSrgb(from.get())) {
    const auto space = static_cast<cmsUInt32Number>(cmsGetColorSpace(from.get()));
    const bool grey = space == cmsSigGrayData && IsGrey(picture);
    const std::optional<int> channels = InputChannels(space, inks, grey);
    if (channels.has_value()) {
      Transform transform(
          MakeTransform(from.get(), InputFormat(*channels, 1), inks ? kExact : kFlags));
      if (transform != nullptr) return SrgbConversion(std::move(transform), *channels);
    }
  }
  if (inks) return SrgbConversion(nullptr, 4);
  return std::nullopt;
}

std::optional<SrgbConversion> SrgbConversion::ForWords(Colour colour,
                                                       std::span<const std::uint8_t> profile) {
  if (colour == Colour::kLab) {
    Transform transform(MakeTransform(LabProfile().get(), TYPE_Lab_16, kExact));
    if (transform == nullptr) return std::nullopt;
    return SrgbConversion(std::move(transform), 3);
  }
  if (const Profile from = Open(profile); from != nullptr && !IsSrgb(from.get())) {
    const std::optional<int> channels =
        InputChannels(static_cast<cmsUInt32Number>(cmsGetColorSpace(from.get())),
                      colour == Colour::kInk, colour == Colour::kGrey);
    if (channels.has_value()) {
      Transform transform(MakeTransform(from.get(), InputFormat(*channels, 2), kExact));
      if (transform != nullptr) return SrgbConversion(std::move(transform), *channels);
    }
  }
  if (colour == Colour::kInk) return SrgbConversion(nullptr, 4);
  return std::nullopt;
}

void SrgbConversion::ConvertWords(const std::uint16_t* input, std::size_t pixels,
                                  std::uint8_t* rgb) const {
  if (transform_ != nullptr) {
    cmsDoTransform(transform_.get(), input, rgb, static_cast<cmsUInt32Number>(pixels));
    return;
  }
  std::vector<std::uint8_t> inks(pixels * 4);
  for (std::uint8_t& ink : inks) ink = static_cast<std::uint8_t>((*input++ + 128U) / 257);
  UsualInksToSrgb(inks.data(), pixels, rgb);
}

// Row y as the transform takes it: straight, interleaved.
void SrgbConversion::ToInput(const Picture& picture, int y, std::uint8_t* row) const {
  if (picture.colour == Colour::kYuvFull || picture.colour == Colour::kYuvLimited) {
    YuvRow(picture, y, row);
    return;
  }
  for (int x = 0; x < picture.width(); ++x) {
    for (int c = 0; c < channels_; ++c) {
      const std::size_t plane =
          std::min(static_cast<std::size_t>(c), picture.planes.size() - 1);  // grey to RGB
      const int value = picture.planes[plane].Row(y)[x];
      *row++ = static_cast<std::uint8_t>(
          picture.alpha.has_value() ? Straight(value, picture.alpha->Row(y)[x]) : value);
    }
  }
}

void SrgbConversion::Convert(const std::uint8_t* input, std::size_t pixels,
                             std::uint8_t* rgb) const {
  if (transform_ == nullptr) {
    UsualInksToSrgb(input, pixels, rgb);
  } else {
    cmsDoTransform(transform_.get(), input, rgb, static_cast<cmsUInt32Number>(pixels));
  }
}

Picture SrgbConversion::Apply(Picture picture) const {
  const int width = picture.width();
  Picture converted;
  converted.colour =
      channels_ == 1 && picture.colour == Colour::kGrey ? Colour::kGrey : Colour::kRgb;
  for (int i = 0; i < (converted.colour == Colour::kGrey ? 1 : 3); ++i) {
    converted.planes.emplace_back(width, picture.height());
  }
  const auto pixels = static_cast<std::size_t>(width);
  std::vector<std::uint8_t> row(pixels * 4);
  std::vector<std::uint8_t> rgb(pixels * 3);
  for (int y = 0; y < picture.height(); ++y) {
    ToInput(picture, y, row.data());
    Convert(row.data(), pixels, rgb.data());
    if (converted.colour == Colour::kGrey) {
      for (std::size_t x = 0; x < pixels; ++x) converted.planes[0].Row(y)[x] = rgb[x * 3 + 1];
    } else {
      PutRow(rgb.data(), picture.alpha.has_value() ? picture.alpha->Row(y) : nullptr, y, converted);
    }
  }
  converted.alpha = std::move(picture.alpha);
  return converted;
}

}  // namespace hestia
