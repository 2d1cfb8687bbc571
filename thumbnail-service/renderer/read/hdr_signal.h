#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_HDR_SIGNAL_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_HDR_SIGNAL_H_

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "thumbnail-service/renderer/picture/gamma_profile.h"
#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/read/light_conversion.h"
#include "thumbnail-service/renderer/read/light_rows.h"

namespace hestia {

// What the signals of high dynamic range mean in light (light_rows.h), by Recommendation ITU-R
// BT.2100: PQ (its reference EOTF; also SMPTE ST 2084) and HLG (the inverse of its reference OETF,
// then its reference OOTF for a display of 1000 cd/m², with the luminance of the primaries that the
// file tells; also ARIB STD-B67). Light of 1 is HDR
// Reference White by Report ITU-R BT.2408: 203 cd/m².
enum class HdrCurve { kPq, kHlg };

// ITU-R BT.2020's, which BT.2100 shares.
constexpr Chromaticities kBt2020Chromaticities{
    {0.3127, 0.3290}, {0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}};

// Thread-safety: immutable. Memory: a float for each value of a sample.
class HdrSignal {
 public:
  // `top`: the sample, at most 65535, that is the whole signal.
  HdrSignal(HdrCurve curve, const Chromaticities& primaries, int top);

  // One row of red, green, blue, or of grey, and alpha where `kind` has it. Light that is shown
  // (light_rows.h).
  void ToLight(const std::uint16_t* samples, int width, LightRow kind, RowShrinker::Alpha alpha,
               float* light) const;

  int top() const { return top_; }

 private:
  void ShowHlg(float* pixel, int colours) const;

  HdrCurve curve_;
  int top_;
  std::array<float, 3> luminance_;  // of the primaries, together 1
  // PQ: light; HLG: the scene's light, the display's follows from all three.
  std::vector<float> decoded_;
  std::optional<LightConversion> to_srgb_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_HDR_SIGNAL_H_
