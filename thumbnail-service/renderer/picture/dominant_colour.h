#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_DOMINANT_COLOUR_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_DOMINANT_COLOUR_H_

#include <cstdint>
#include <optional>

#include "thumbnail-service/renderer/picture/picture.h"

namespace hestia {

// The colour, as 0xRRGGBB, that most of a kRgb picture has, more or less: the mean of the fullest
// part of the cube of colours. None when all of the picture is invisible.
//
// Thread-safety: pure function. Memory: some 130 KiB.
std::optional<std::uint32_t> DominantColour(const Picture& rgb);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_DOMINANT_COLOUR_H_
