#include "thumbnail-service/renderer/picture/resize.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "thumbnail-service/renderer/picture/kept_scalers.h"
#include "thumbnail-service/renderer/picture/orientation.h"

namespace hestia {
namespace {
// What of a plane's side is shown, and where: in its own pixels.
struct Range {
  double begin = 0;
  double length = 0;
};

// Of `side` pixels the image covers the first ones.
Range Whole(double covered, int side) { return {0, std::min<double>(covered, side)}; }

// For chroma at half of `size` pixels, which reaches beyond the image where that is odd.
Range Halved(double covered, int side, int size, bool mirrored) {
  const double shown = Whole(covered, side).length;
  const int cells = (size + 1) / 2;
  const double length = shown * 2 * cells / size;
  return {mirrored ? shown - length : 0, length};
}

bool IsAllOf(const Range& range, int side, std::uint32_t to) {
  constexpr double kNothing = 1e-6;
  return static_cast<std::uint32_t>(side) == to && std::abs(range.begin) < kNothing &&
         std::abs(range.length - side) < kNothing;
}

Plane Copy(const Plane& plane) {
  Plane copy(plane.width(), plane.height());
  std::memcpy(copy.Row(0), plane.Row(0), plane.stride() * static_cast<std::size_t>(plane.height()));
  return copy;
}

Plane Scaled(const Plane& plane, const Range& x, const Range& y, int width, int height) {
  const auto to_width = static_cast<std::uint32_t>(width);
  const auto to_height = static_cast<std::uint32_t>(height);
  if (IsAllOf(x, plane.width(), to_width) && IsAllOf(y, plane.height(), to_height)) {
    return Copy(plane);
  }
  return ScalerFor({.from_width_px = static_cast<std::uint32_t>(plane.width()),
                    .from_height_px = static_cast<std::uint32_t>(plane.height()),
                    .to_width_px = to_width,
                    .to_height_px = to_height,
                    .left = x.begin,
                    .top = y.begin,
                    .width = x.length,
                    .height = y.length})
      .Apply(plane);
}

Plane ScaledToHalf(const Plane& plane, Size size, int orientation) {
  Plane half =
      Scaled(plane, Halved(plane.covered_width, plane.width(), size.width, MirrorsX(orientation)),
             Halved(plane.covered_height, plane.height(), size.height, MirrorsY(orientation)),
             (size.width + 1) / 2, (size.height + 1) / 2);
  half.covered_width = size.width / 2.0;
  half.covered_height = size.height / 2.0;
  return half;
}

Plane ScaledToWhole(const Plane& plane, Size size) {
  return Scaled(plane, Whole(plane.covered_width, plane.width()),
                Whole(plane.covered_height, plane.height()), size.width, size.height);
}
}  // namespace

Picture Resize(const Picture& picture, Size size, Chroma chroma, int orientation) {
  const bool yuv = picture.colour == Colour::kYuvFull || picture.colour == Colour::kYuvLimited;
  Picture resized;
  resized.colour = picture.colour;
  for (const Plane& plane : picture.planes) {
    const bool halved = yuv && chroma == Chroma::kHalf && !resized.planes.empty();
    resized.planes.push_back(halved ? ScaledToHalf(plane, size, orientation)
                                    : ScaledToWhole(plane, size));
  }
  if (picture.alpha.has_value()) resized.alpha = ScaledToWhole(*picture.alpha, size);
  return resized;
}

}  // namespace hestia
