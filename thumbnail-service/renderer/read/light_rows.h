#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_LIGHT_ROWS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_LIGHT_ROWS_H_

#include <functional>

#include "thumbnail-service/renderer/picture/picture.h"
#include "thumbnail-service/renderer/read/tone_curve.h"

namespace hestia {

// Rows of light, as floating point files have it: 1 is a screen's white, and there may be more.
// One colour or three with the primaries of sRGB, multiplied by the alpha that may follow them.
struct LightRow {
  int colours = 3;
  bool alpha = false;
  int channels() const { return colours + (alpha ? 1 : 0); }
};

// Row y of an image, valid until the next one is asked for; null where it is missing.
using LightSource = std::function<const float*(int y)>;

// A picture of that image through a tone curve, in sRGB, premultiplied. Every row is asked for
// twice, rather than kept, from the top: the curve depends on the whole image. `light` as
// ToneCurve's, `wanted` as RowShrinker's.
//
// Thread-safety: a pure function. Memory: as RowShrinker's.
Picture ShrinkLight(Size image, LightRow kind, ToneCurve::Light light, Size wanted,
                    const LightSource& rows);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_LIGHT_ROWS_H_
