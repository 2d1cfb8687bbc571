#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_FRAME_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_FRAME_H_

#include "thumbnail-service/renderer/picture/picture.h"
#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// From the whole image, scaled, to what a recipe shows of it: the middle of it, or all of it
// amid a background.
//
// Thread-safety: pure functions. Memory: one picture of the thumbnail's size.

// The size at which a whole image is cut or framed for `spec`: that of the thumbnail for
// kInside and kContain; for kCover its shorter side is the box's, or the image's own where that
// is shorter. Nothing is enlarged.
Size ScaledSize(Size image, const wire::ImageSpec& spec);

// Whether Frame would change anything.
inline bool NeedsFrame(const Picture& scaled, const wire::ImageSpec& spec) {
  return spec.fit != wire::Fit::kInside ||
         (spec.has_background != 0 && scaled.alpha.has_value());
}

// Of a kGrey, YUV or kRgb picture that has ScaledSize(), upright, what `spec` shows: as it is
// (kInside), its middle square (kCover), or in the middle of a square of the box (kContain). With
// a background no alpha is left; without one what kContain adds is transparent.
Picture Frame(const Picture& scaled, const wire::ImageSpec& spec);

// The picture as kRgb, with the alpha that it had.
Picture ToRgb(const Picture& picture);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_FRAME_H_
