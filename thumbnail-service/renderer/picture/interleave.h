#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_INTERLEAVE_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_INTERLEAVE_H_

#include <cstdint>
#include <vector>

#include "thumbnail-service/renderer/picture/picture.h"

namespace hestia {

// From planes to what encoders take.
//
// Thread-safety: pure functions. Memory: one copy at thumbnail size.

// A kRgb picture with alpha as straight RGBA bytes, rows without gaps.
std::vector<std::uint8_t> ToStraightRgba(const Picture& picture);

// A kRgb picture as RGB bytes, rows without gaps; what is transparent lies on white.
std::vector<std::uint8_t> ToRgbOnWhite(const Picture& picture);

// A kGrey or YUV picture of any range as three 4:2:0 planes of `range` (kYuvFull or
// kYuvLimited). Chroma planes must have half the size, rounded up.
Picture ToYuv(const Picture& picture, Colour range);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_INTERLEAVE_H_
