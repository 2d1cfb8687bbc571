#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PSD_READER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PSD_READER_H_

#include <cstdint>
#include <optional>
#include <span>

#include "thumbnail-service/renderer/read/readers.h"

namespace hestia {

// Reads those Photoshop files (PSD, PSB) that OpenImageIO gets wrong or not at all, as Photoshop
// merged their layers; none for a file of bits, grey or RGB, which OpenImageIO reads.
//   inks (also more than three channels of any)  there, the black is taken for alpha
//   a palette                                    there, three bytes are taken for four
//   L*a*b*, duotones                             not there; a duotone is shown as its grey
//
// Refuses (refuse.h) what cannot be read or is over a limit, and kinds that neither knows; where
// limits.render_damaged says so, rows that are not there are shown as missing.
//
// Thread-safety: a pure function. Blocking: CPU-bound. Memory: some rows, and 64
// bytes for each row of a picture that is packed.
std::optional<Decoded> ReadPsd(std::span<const std::uint8_t> bytes, const Demand& demand);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PSD_READER_H_
