#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_ORIENTATION_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_ORIENTATION_H_

#include <cstdint>
#include <span>

#include "thumbnail-service/renderer/picture/picture.h"

namespace hestia {

// How a picture was stored, in EXIF's numbers: 1 upright, 2 mirrored, 3 turned by half, 4
// upside down and mirrored, 5 mirrored and turned, 6 to be turned clockwise, 7 mirrored and
// turned the other way, 8 to be turned counter-clockwise.
//
// Thread-safety: pure functions.

// The orientation in a TIFF-structured EXIF block, with or without the leading
// "Exif\0\0"; 1 when it says nothing or nonsense.
int ReadExifOrientation(std::span<const std::uint8_t> exif);

// The picture upright. Works at any size; cheapest after scaling.
Picture MakeUpright(Picture picture, int orientation);

// Whether making it upright swaps width and height.
inline bool SwapsSides(int orientation) { return orientation >= 5 && orientation <= 8; }

// Whether it mirrors what is stored, before the sides are swapped.
inline bool MirrorsX(int orientation) {
  return orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
}
inline bool MirrorsY(int orientation) {
  return orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
}

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_ORIENTATION_H_
