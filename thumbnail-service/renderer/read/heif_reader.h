#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_HEIF_READER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_HEIF_READER_H_

#include <cstdint>
#include <span>

#include "thumbnail-service/renderer/read/readers.h"

namespace hestia {

// Reads the primary image of a HEIC or AVIF file by libheif: OpenImageIO's own use of it knows
// no colour profiles. The picture is upright already (the container says how it lies, and
// libheif turns it), RGB, with alpha where it has some. More than 8 bits are kept until the colours
// are sRGB's; the signals of PQ and HLG are tone-mapped (hdr_signal.h). The file's embedded preview
// is taken instead where it is large enough for the demand and has the image's aspect.
//
// Refuses (refuse.h) what cannot be read or is over a limit. Blocking: CPU-bound.
// Memory: the whole image twice, as the codec and as RGB have it.
Decoded ReadHeif(std::span<const std::uint8_t> bytes, const Demand& demand);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_HEIF_READER_H_
