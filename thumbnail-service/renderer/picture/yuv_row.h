#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_YUV_ROW_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_YUV_ROW_H_

#include <cstdint>

#include "thumbnail-service/renderer/picture/picture.h"

namespace hestia {

// Row `y` of a YUV picture of either range, with chroma planes of the whole size, as RGB
// (BT.601, as JPEG and WebP have it), without gaps.
//
// Thread-safety: pure function.
void YuvRow(const Picture& picture, int y, std::uint8_t* row);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_YUV_ROW_H_
