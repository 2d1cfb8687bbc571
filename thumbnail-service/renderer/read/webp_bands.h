#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_WEBP_BANDS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_WEBP_BANDS_H_

#include <cstdint>
#include <span>

#include <webp/decode.h>

#include "thumbnail-service/renderer/picture/picture.h"

namespace hestia {

// A lossy WebP without alpha that is to become much smaller, decoded a band after the other
// and averaged in blocks as the bands come. libwebp's own scaling does the same a sample at a time,
// which takes a sixth of the decoder's time.
//
// Thread-safety: pure functions. Memory: the planes that are made, a few MiB for the band and, for files in
//   several partitions (which come all at the end), up to all of the image.

// Whether each side is to become a quarter or less. libwebp leaves its deblocking filter out where it
// scales, and so do these bands: that is for pictures in which no block's edge can be seen.
bool SuitsBands(Size size, Size target);

// The planes, at least twice as large as `target`, luma of limited range. kOk, or why not.
VP8StatusCode ReadByBands(std::span<const std::uint8_t> bytes, Size size, Size target,
                          Picture& picture);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_WEBP_BANDS_H_
