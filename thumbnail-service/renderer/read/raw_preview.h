#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_RAW_PREVIEW_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_RAW_PREVIEW_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "thumbnail-service/renderer/read/readers.h"

namespace hestia {

// The preview that a camera put into its RAW file, found by libraw, where it serves: at least as
// large as the demand (or the photo), and of the photo's proportions but for the few columns and
// rows that cameras cut off. nullopt otherwise; the photo must then be developed.
//
// A preview lies as the photo does, unless it says otherwise itself or is upright by its
// proportions. Its own proportions are kept; Decoded::told is the photo's size.
//
// Refuses (refuse.h) a photo over a limit; a damaged preview serves not. Blocking: CPU-bound.
// Memory: as ReadJpeg's, and some hundred KiB.
std::optional<Decoded> ReadRawPreview(std::span<const std::uint8_t> bytes, const Demand& demand);

// "LibRaw 0.20.2".
std::string RawPreviewLibrary();

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_RAW_PREVIEW_H_
