#include "thumbnail-service/renderer/read/drawing.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {

namespace {
// By which a drawing of these proportions stays within the limits, whose sides are at least 1.
double LargestScale(double width, double height, const wire::Limits& limits) {
  constexpr std::uint64_t kMostOfCairo = 32'767;
  const auto pixels = static_cast<double>(limits.max_pixels);
  const auto side = static_cast<double>(std::min(limits.max_side_px, kMostOfCairo));
  return std::min(std::min(side, pixels) / std::max(width, height),
                  std::sqrt(pixels / width / height));
}

Size Scaled(double width, double height, double scale, bool round) {
  // Beyond any limit, but within an integer.
  const auto side = [&](double length) {
    const double scaled = std::clamp(length * scale, 1.0, 1e9);
    return static_cast<int>(round ? std::lround(scaled) : static_cast<long>(scaled));
  };
  return {side(width), side(height)};
}
}  // namespace

Size DrawnSize(double width, double height, const Demand& demand) {
  const double inside = demand.inside_px / std::max(width, height);
  // To fill a square, a long strip would be drawn much longer than anybody sees of it.
  const double around = demand.cover_px / std::min(width, height);
  const double scale =
      std::max(inside, std::min(around, LargestScale(width, height, demand.limits)));
  Size size = Scaled(width, height, scale, /*round=*/true);
  const auto pixels =
      static_cast<std::uint64_t>(size.width) * static_cast<std::uint64_t>(size.height);
  if (scale > inside && pixels > demand.limits.max_pixels) {
    size = Scaled(width, height, scale, /*round=*/false);
  }
  // No pixels are unpacked, so few bytes are no sign of a bomb.
  wire::Limits limits = demand.limits;
  limits.max_ratio = std::numeric_limits<std::uint64_t>::max();
  RefuseUnlessWithin({.width_px = static_cast<std::uint64_t>(size.width),
                      .height_px = static_cast<std::uint64_t>(size.height)},
                     limits, demand.source_bytes);
  return size;
}

Surface MakeSurface(Size size, const std::string& format) {
  Surface surface(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, size.width, size.height));
  const cairo_status_t made = cairo_surface_status(surface.get());
  if (made == CAIRO_STATUS_NO_MEMORY) RefuseForMemory();
  if (made != CAIRO_STATUS_SUCCESS) {
    Refuse(wire::Outcome::kTooLarge, "%s: cannot be drawn with %d x %d pixels: %s", format.c_str(),
           size.width, size.height, cairo_status_to_string(made));
  }
  return surface;
}

// Cairo's pixels are 32-bit numbers, alpha highest, multiplied by it.
Picture ToPicture(cairo_surface_t* surface, Size size) {
  RowShrinker shrinker(size, 4, size, RowShrinker::Alpha::kPremultiplied);
  const unsigned char* rows = cairo_image_surface_get_data(surface);
  const int stride = cairo_image_surface_get_stride(surface);
  std::vector<std::uint8_t> row(static_cast<std::size_t>(size.width) * 4);
  for (int y = 0; y < size.height; ++y) {
    const auto* pixels =
        reinterpret_cast<const std::uint32_t*>(rows + static_cast<std::ptrdiff_t>(y) * stride);
    std::uint8_t* to = row.data();
    for (int x = 0; x < size.width; ++x) {
      for (const int shift : {16, 8, 0, 24}) {
        *to++ = static_cast<std::uint8_t>(pixels[x] >> shift);
      }
    }
    shrinker.Add(row.data());
  }
  return shrinker.Finish();
}

}  // namespace hestia
