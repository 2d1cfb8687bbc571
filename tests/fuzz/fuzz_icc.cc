// Colour profiles: what lcms2 gets to read from a hostile file, and what comes of it.

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "thumbnail-service/renderer/picture/srgb_conversion.h"

namespace hestia {
namespace {
Picture Sample(Colour colour, int planes) {
  Picture picture;
  picture.colour = colour;
  for (int i = 0; i < planes; ++i) {
    Plane plane(16, 16);
    plane.covered_width = plane.covered_height = 16;
    plane.Fill(static_cast<std::uint8_t>(60 * i + 40));
    picture.planes.push_back(std::move(plane));
  }
  return picture;
}

void Convert(Picture picture, std::span<const std::uint8_t> profile) {
  const std::optional<SrgbConversion> conversion = SrgbConversion::For(picture, profile);
  if (conversion.has_value()) (void)conversion->Apply(std::move(picture));
}
}  // namespace
}  // namespace hestia

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using hestia::Colour;
  hestia::Convert(hestia::Sample(Colour::kRgb, 3), {data, size});
  hestia::Convert(hestia::Sample(Colour::kGrey, 1), {data, size});
  hestia::Convert(hestia::Sample(Colour::kInk, 4), {data, size});
  hestia::Convert(hestia::Sample(Colour::kYuvFull, 3), {data, size});
  return 0;
}
