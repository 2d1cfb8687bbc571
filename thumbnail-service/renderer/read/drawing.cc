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

Size DrawnSize(double width, double height, const Demand& demand) {
  const double inside = demand.inside_px / std::max(width, height);
  const double around = demand.cover_px / std::min(width, height);
  const double scale = std::max(inside, around);
  // Beyond any limit, but within an integer.
  const auto side = [&](double length) {
    return static_cast<int>(std::lround(std::clamp(length * scale, 1.0, 1e9)));
  };
  const Size size{side(width), side(height)};
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
