#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_LIGHT_ROWS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_LIGHT_ROWS_H_

#include <cstdint>

#include "thumbnail-service/renderer/read/tone_curve.h"

namespace hestia {

// Rows of light, as floating point files have it: 1 is a screen's white, and there may be more.
// One colour or three with the primaries of sRGB, multiplied by the alpha that may follow them.
struct LightRow {
  int colours = 3;
  bool alpha = false;
  int channels() const { return colours + (alpha ? 1 : 0); }
};

// Tells the curve of every pixel that can be seen. Thread-safety: as ToneCurve's.
void MeasureLight(const float* row, int width, LightRow kind, ToneCurve& curve);

// Light through the settled curve, encoded as sRGB; alpha is straight afterwards. A pure function.
void LightToBytes(const float* row, int width, LightRow kind, const ToneCurve& curve,
                  std::uint8_t* bytes);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_LIGHT_ROWS_H_
