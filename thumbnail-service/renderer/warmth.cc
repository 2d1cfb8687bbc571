#include "thumbnail-service/renderer/warmth.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "thumbnail-service/renderer/picture/kept_scalers.h"
#include "thumbnail-service/renderer/picture/placeholder.h"
#include "thumbnail-service/renderer/picture/resize.h"
#include "thumbnail-service/renderer/read/readers.h"
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
  Demand demand;
  demand.inside_px = kSidePx / 4;
  demand.half_chroma = true;
  demand.limits.max_pixels = demand.limits.max_scaled_pixels = kSidePx * kSidePx;
  demand.limits.max_side_px = kSidePx;
  for (const Picture& picture : {Black(Colour::kGrey, 1), Black(Colour::kRgb, 3)}) {
    const Picture smaller = Resize(picture, {kSidePx / 2, kSidePx / 2});
    ReadWebp(EncodeWebp(smaller, kQuality, kEffort), demand);
    ReadJpeg(EncodeJpeg(smaller, kQuality), demand);
    ReadPng(EncodePng(smaller, kEffort), demand);
    MakePlaceholder(smaller);
  }
}

Learning LearnScalings() {
  return {.learn =
              [](const wire::ResultHeader& answer) {
                const std::size_t count =
                    std::min<std::size_t>(answer.scaling_count, wire::kMaxScalings);
                PrepareWhatIsNeededAgain({answer.scalings, count});
              },
          .memory_bytes = kKeptScalerBytes};
}

}  // namespace hestia
