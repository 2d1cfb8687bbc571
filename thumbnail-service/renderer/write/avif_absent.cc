#include "thumbnail-service/renderer/refuse.h"
#include "thumbnail-service/renderer/write/encoders.h"

namespace hestia {

// Its libraries would make every fork of this program dearer.
std::vector<std::uint8_t> EncodeAvif(const Picture&, int, int) {
  Refuse(wire::Outcome::kUnsupported, "AVIF is written by the OpenImageIO program alone");
}

}  // namespace hestia
