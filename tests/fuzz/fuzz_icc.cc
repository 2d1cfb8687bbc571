// Colour profiles: what lcms2 gets to read from a hostile file, and what comes of it.

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "thumbnail-service/renderer/picture/srgb_conversion.h"
#include "thumbnail-service/renderer/read/light_conversion.h"

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

void ConvertWords(Colour colour, std::span<const std::uint8_t> profile) {
  const std::optional<SrgbConversion> conversion = SrgbConversion::ForWords(colour, profile);
  if (!conversion.has_value()) return;
  constexpr std::size_t kPixels = 16;
  std::vector<std::uint16_t> words;
  for (std::size_t i = 0; i < kPixels * 4; ++i)
    words.push_back(static_cast<std::uint16_t>(i * 1021));
  std::vector<std::uint8_t> rgb(kPixels * 3);
  conversion->ConvertWords(words.data(), kPixels, rgb.data());
}

void ConvertLight(int colours, std::span<const std::uint8_t> profile) {
  const std::optional<LightConversion> conversion = LightConversion::For(profile, colours);
  if (!conversion.has_value()) return;
  std::vector<float> light;
  for (int i = 0; i < 16 * colours; ++i) light.push_back(static_cast<float>(i) / 8 - 1);
  conversion->Apply(light.data(), 16, {colours, false});
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
  for (const Colour colour : {Colour::kRgb, Colour::kGrey, Colour::kInk}) {
    hestia::ConvertWords(colour, {data, size});
  }
  for (const int colours : {1, 3}) hestia::ConvertLight(colours, {data, size});
  return 0;
}
