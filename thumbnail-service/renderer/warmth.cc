#include "thumbnail-service/renderer/warmth.h"

#include <algorithm>
#include <cstdint>

#include "thumbnail-service/renderer/picture/placeholder.h"
#include "thumbnail-service/renderer/picture/resize.h"
#include "thumbnail-service/renderer/write/encoders.h"

namespace hestia {
namespace {
constexpr int kSidePx = 32;
constexpr int kQuality = 80;
constexpr int kEffort = 4;

Picture Black(Colour colour, int planes) {
  Picture picture;
  picture.colour = colour;
  for (int i = 0; i < planes; ++i) {
    Plane& plane = picture.planes.emplace_back(kSidePx, kSidePx);
    for (int y = 0; y < kSidePx; ++y) std::fill_n(plane.Row(y), kSidePx, std::uint8_t{0});
  }
  return picture;
}
}  // namespace

void WarmUp() {
  for (const Picture& picture : {Black(Colour::kGrey, 1), Black(Colour::kRgb, 3)}) {
    const Picture smaller = Resize(picture, {kSidePx / 2, kSidePx / 2});
    EncodeWebp(smaller, kQuality, kEffort);
    EncodeJpeg(smaller, kQuality);
    MakePlaceholder(smaller);
  }
}

}  // namespace hestia
