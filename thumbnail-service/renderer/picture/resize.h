#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_RESIZE_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_RESIZE_H_

#include "thumbnail-service/renderer/picture/picture.h"

namespace hestia {

// Resizes with zimg (Lanczos, three lobes), plane by plane. Chroma planes of a YUV picture
// come out at half the size, rounded up: 4:2:0, whatever they were. A plane that has the
// size already is copied.
//
// Refuses with TOO_LARGE when zimg's scratch would pass 256 MiB.
Picture Resize(const Picture& picture, Size size);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_RESIZE_H_
