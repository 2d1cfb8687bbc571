#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_VIDEO_READER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_VIDEO_READER_H_

#include <cstdint>
#include <span>
#include <string>

#include "thumbnail-service/renderer/read/readers.h"

namespace hestia {

// Reads a video's poster: its first picture that is not black, as far as VideoStream looks, else
// its very first. It is shown turned and with pixels as wide as the file says: of wide pixels the
// height is reduced, of narrow ones the width, so that nothing is enlarged. Wide gamuts become
// sRGB's; the signals of PQ and HLG are tone-mapped (hdr_signal.h).
//
// Refuses (refuse.h) what cannot be read or is over a limit. Built only where libav is; without it
// every file is refused as unsupported. Blocking: CPU-bound. Memory: some frames, and one as RGB.
Decoded ReadVideo(std::span<const std::uint8_t> bytes, const Demand& demand);

// "libavformat 59.27.100"; empty where it is not built in.
std::string VideoLibrary();

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_VIDEO_READER_H_
