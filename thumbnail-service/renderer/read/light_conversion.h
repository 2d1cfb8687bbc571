#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_LIGHT_CONVERSION_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_LIGHT_CONVERSION_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "thumbnail-service/renderer/picture/gamma_profile.h"
#include "thumbnail-service/renderer/read/light_rows.h"

namespace hestia {

// From floating point in a file's own colours to light with the primaries of sRGB (light_rows.h):
// by the curves and colorants of an ICC profile, or by chromaticities. Values above 1 stay above 1
// where the curve is a formula. What no primaries can tell (profiles that are tables) is as good as
// no profile.
//
// Thread-safety: immutable. Memory: the profile's curves.
class LightConversion {
 public:
  // None when the values are such light already, or are taken for it. The profile is borrowed for
  // the call. Of other than 1 or 3 `colours` there is no light.
  static std::optional<LightConversion> For(std::span<const std::uint8_t> profile, int colours);
  // Of light with these primaries.
  static std::optional<LightConversion> For(const Chromaticities& primaries);

  // In place. Colours are multiplied by the alpha before and after.
  void Apply(float* row, int width, LightRow kind) const;

 private:
  class Curves;

  LightConversion() = default;
  void Decode(float* pixel, LightRow kind) const;

  std::shared_ptr<const Curves> curves_;  // null: the values are light
  std::array<float, 9> to_srgb_{1, 0, 0, 0, 1, 0, 0, 0, 1};
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_LIGHT_CONVERSION_H_
