#include "thumbnail-service/renderer/read/light_conversion.h"

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include <lcms2.h>

#include "thumbnail-service/renderer/read/freed_by.h"

namespace hestia {
namespace {
using Profile = std::unique_ptr<void, FreedBy<cmsCloseProfile>>;
using Curve = std::unique_ptr<cmsToneCurve, FreedBy<cmsFreeToneCurve>>;

constexpr std::array<cmsTagSignature, 3> kColorants{cmsSigRedColorantTag, cmsSigGreenColorantTag,
                                                    cmsSigBlueColorantTag};
constexpr std::array<cmsTagSignature, 3> kCurves{cmsSigRedTRCTag, cmsSigGreenTRCTag,
                                                 cmsSigBlueTRCTag};
// XYZ as profiles have it (D50) to linear sRGB, by IEC 61966-2-1's primaries and Bradford's
// adaptation.
constexpr std::array<double, 9> kXyzToSrgb{3.1338561, -1.6168667, -0.4906146, -0.9787684, 1.9161415,
                                           0.0334540, 0.0719453,  -0.2289914, 1.4052427};

bool IsLinear(const cmsToneCurve* curve) {
  for (const float value : {0.1F, 0.5F, 0.9F, 4.0F}) {
    if (std::abs(cmsEvalToneCurveFloat(curve, value) - value) > 0.001F * value) return false;
  }
  return true;
}

bool IsIdentity(const std::array<float, 9>& matrix) {
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    if (std::abs(matrix[i] - (i % 4 == 0 ? 1.0F : 0.0F)) > 0.004F) return false;
  }
  return true;
}

// None when the profile has no colorants.
std::optional<std::array<float, 9>> ToSrgb(cmsHPROFILE profile) {
  std::array<float, 9> to_srgb{};
  for (std::size_t c = 0; c < kColorants.size(); ++c) {
    const auto* xyz = static_cast<const cmsCIEXYZ*>(cmsReadTag(profile, kColorants[c]));
    if (xyz == nullptr) return std::nullopt;
    for (std::size_t row = 0; row < 3; ++row) {
      const double* m = kXyzToSrgb.data() + 3 * row;
      to_srgb[3 * row + c] = static_cast<float>(m[0] * xyz->X + m[1] * xyz->Y + m[2] * xyz->Z);
    }
  }
  return to_srgb;
}
}  // namespace

class LightConversion::Curves {
 public:
  // Null when the profile has not so many.
  static std::shared_ptr<Curves> Of(cmsHPROFILE profile, int count) {
    auto curves = std::make_shared<Curves>();
    for (std::size_t c = 0; c < static_cast<std::size_t>(count); ++c) {
      const cmsTagSignature tag = count == 1 ? cmsSigGrayTRCTag : kCurves[c];
      const auto* curve = static_cast<const cmsToneCurve*>(cmsReadTag(profile, tag));
      if (curve == nullptr) return nullptr;
      curves->linear_ = curves->linear_ && IsLinear(curve);
      curves->curves_.emplace_back(cmsDupToneCurve(curve));
    }
    return curves;
  }
  bool linear() const { return linear_; }
  float Light(std::size_t colour, float value) const {
    return cmsEvalToneCurveFloat(curves_[colour].get(), value);
  }

 private:
  std::vector<Curve> curves_;
  bool linear_ = true;
};

std::optional<LightConversion> LightConversion::For(std::span<const std::uint8_t> profile,
                                                    int colours) {
  if (profile.empty() || (colours != 1 && colours != 3)) return std::nullopt;
  const Profile opened(
      cmsOpenProfileFromMem(profile.data(), static_cast<cmsUInt32Number>(profile.size())));
  if (opened == nullptr) return std::nullopt;
  const auto space = static_cast<cmsUInt32Number>(cmsGetColorSpace(opened.get()));
  if (space != (colours == 1 ? cmsSigGrayData : cmsSigRgbData)) return std::nullopt;
  std::shared_ptr<const Curves> curves = Curves::Of(opened.get(), colours);
  if (curves == nullptr) return std::nullopt;
  LightConversion conversion;
  if (!curves->linear()) conversion.curves_ = std::move(curves);
  if (colours == 3) {
    const std::optional<std::array<float, 9>> matrix = ToSrgb(opened.get());
    if (!matrix.has_value()) return std::nullopt;
    conversion.to_srgb_ = *matrix;
  }
  if (conversion.curves_ == nullptr && IsIdentity(conversion.to_srgb_)) return std::nullopt;
  return conversion;
}

std::optional<LightConversion> LightConversion::For(const Chromaticities& primaries) {
  constexpr double kLinear = 1;
  return For(MakeProfile(primaries, kLinear, /*grey=*/false), 3);
}

void LightConversion::Decode(float* pixel, LightRow kind) const {
  const float alpha = kind.alpha ? pixel[kind.colours] : 1.0F;
  const float cover = alpha > 0 ? alpha : 1.0F;
  for (int c = 0; c < kind.colours; ++c) {
    pixel[c] = curves_->Light(static_cast<std::size_t>(c), pixel[c] / cover) * cover;
  }
}

void LightConversion::Apply(float* row, int width, LightRow kind) const {
  for (int x = 0; x < width; ++x, row += kind.channels()) {
    if (curves_ != nullptr) Decode(row, kind);
    if (kind.colours != 3) continue;
    const std::array<float, 3> from{row[0], row[1], row[2]};
    for (std::size_t c = 0; c < 3; ++c) {
      const float* m = to_srgb_.data() + 3 * c;
      row[c] = m[0] * from[0] + m[1] * from[1] + m[2] * from[2];
    }
  }
}

}  // namespace hestia
