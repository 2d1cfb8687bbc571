#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PSD_INKS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PSD_INKS_H_

#include <cstdint>
#include <optional>
#include <span>

#include "thumbnail-service/renderer/read/readers.h"

namespace hestia {

// Reads a Photoshop file (PSD, PSB) whose picture is of four inks, as Photoshop merged its layers;
// none for every other file. OpenImageIO, which reads the others, takes the black for alpha and
// loses what it covers.
//
// Refuses (refuse.h) what cannot be read or is over a limit; where limits.render_damaged says so,
// rows that are not there are shown as missing.
//
// Thread-safety: a pure function. Blocking: CPU-bound. Memory: some rows, and 64
// bytes for each row of a picture that is packed.
std::optional<Decoded> ReadPsdInks(std::span<const std::uint8_t> bytes, const Demand& demand);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PSD_INKS_H_
