#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_SVG_READER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_SVG_READER_H_

#include <cstdint>
#include <span>

#include "thumbnail-service/renderer/read/readers.h"

namespace hestia {

// Finds the fonts; once a process, before it can no longer look for them.
void SetUpSvg();

// Draws an SVG by librsvg. It has no pixels, so it is drawn as large as the largest thumbnail,
// and that is what its size is said to be. Nothing outside of the file is read: no base address is
// given, so references lead nowhere but into the file or to data within it. Refuses (refuse.h)
// what cannot be read.
//
// Blocking: CPU-bound. Memory: the drawing at its size, and as much as the file makes librsvg
//   take.
Decoded ReadSvg(std::span<const std::uint8_t> bytes, const Demand& demand);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_SVG_READER_H_
