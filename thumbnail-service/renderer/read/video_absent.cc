#include "thumbnail-service/renderer/read/video_reader.h"
#include "thumbnail-service/renderer/refuse.h"

// Built instead of the reader where there is no libav.
namespace hestia {

Decoded ReadVideo(std::span<const std::uint8_t>, const Demand&) {
  Refuse(wire::Outcome::kUnsupported, "video: this build has no libav to read it");
}

std::string VideoLibrary() { return ""; }

}  // namespace hestia
