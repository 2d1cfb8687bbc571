#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_RESIZE_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_RESIZE_H_

#include "thumbnail-service/renderer/picture/picture.h"

namespace hestia {

// What becomes of the chroma planes of a YUV picture, whatever they were: half the size,
// rounded up (4:2:0), as encoders take them, or the whole of it, as colour conversion does.
enum class Chroma { kHalf, kWhole };

// Resizes with zimg (splines that follow Lanczos' three lobes), plane by plane. A plane that has
// the size already is copied. Where chroma of half the size has a last column or row of which half
// lies beyond the image, so it does in what was made: a picture to be made upright from
// `orientation` has it on the side that will be the last then.
//
// Refuses with TOO_LARGE when zimg's scratch would pass 256 MiB.
Picture Resize(const Picture& picture, Size size, Chroma chroma = Chroma::kHalf,
               int orientation = 1);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_RESIZE_H_
