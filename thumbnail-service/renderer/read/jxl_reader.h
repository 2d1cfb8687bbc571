#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_JXL_READER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_JXL_READER_H_

#include <cstdint>
#include <span>

#include "thumbnail-service/renderer/read/readers.h"

namespace hestia {

// Reads a JPEG XL image by libjxl, of an animation its first frame: upright already, grey or RGB,
// with alpha where it has some. More than 8 bits are kept until the colours are sRGB's; light
// (floating point) and the signals of PQ and HLG are tone-mapped. Refuses (refuse.h) what cannot be
// read or is over a limit.
//
// Blocking: CPU-bound, in this thread. Memory: the whole image, and libjxl's own several times.
Decoded ReadJxl(std::span<const std::uint8_t> bytes, const Demand& demand);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_JXL_READER_H_
