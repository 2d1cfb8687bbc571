#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_BMP_READER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_BMP_READER_H_

#include <cstdint>
#include <span>

#include "thumbnail-service/renderer/read/readers.h"

namespace hestia {

// Reads a Windows or OS/2 bitmap: palettes, 16, 24 and 32 bits with any masks, RLE4 and RLE8. Of 32
// bits only those are alpha that a mask names; OpenImageIO takes whatever the fourth byte holds,
// and unpacks a picture before it tells its size.
//
// Refuses (refuse.h) what cannot be read or is over a limit; where limits.render_damaged says so,
// rows that are not there are shown as missing.
//
// Thread-safety: a pure function. Blocking: CPU-bound. Memory: some rows, and 24 bytes for each row
// of a picture that is packed.
Decoded ReadBmp(std::span<const std::uint8_t> bytes, const Demand& demand);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_BMP_READER_H_
