#include "thumbnail-service/render/image_format.h"
#include "thumbnail-service/renderer/read/readers.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {

Decoded ReadByOwnReader(std::uint32_t format, std::span<const std::uint8_t> bytes,
                        const Demand& demand) {
  switch (static_cast<ImageFormat>(format)) {
    case ImageFormat::kJpeg:
      return ReadJpeg(bytes, demand);
    case ImageFormat::kPng:
      return ReadPng(bytes, demand);
    case ImageFormat::kWebp:
      return ReadWebp(bytes, demand);
    default:
      Refuse(wire::Outcome::kUnsupported, "format number %u is not read by this program",
             static_cast<unsigned>(format));
  }
}

}  // namespace hestia
