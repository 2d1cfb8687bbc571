#include "thumbnail-service/renderer/picture/picture.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
constexpr std::size_t kAlignment = 64;
}

Plane::Plane(int width, int height)
    : covered_width(width),
      covered_height(height),
      width_(width),
      height_(height),
      stride_((static_cast<std::size_t>(width) + kAlignment - 1) / kAlignment * kAlignment) {
  const std::size_t bytes = stride_ * static_cast<std::size_t>(height);
  data_.reset(static_cast<std::uint8_t*>(std::aligned_alloc(kAlignment, bytes)));
  if (data_ == nullptr) RefuseForMemory();
}

void Plane::Fill(std::uint8_t value) {
  std::memset(data_.get(), value, stride_ * static_cast<std::size_t>(height_));
}

bool IsBlank(const Picture& picture) {
  // As much as a lossy codec makes of a plain colour.
  constexpr int kNoise = 2;
  const auto plain = [](const Plane& plane) {
    std::uint8_t least = plane.Row(0)[0];
    std::uint8_t most = least;
    for (int y = 0; y < plane.height(); ++y) {
      const auto [low, high] = std::minmax_element(plane.Row(y), plane.Row(y) + plane.width());
      least = std::min(least, *low);
      most = std::max(most, *high);
    }
    return most - least <= kNoise;
  };
  // Premultiplied, so what is invisible is plain in every plane.
  return std::all_of(picture.planes.begin(), picture.planes.end(), plain) &&
         (!picture.alpha.has_value() || plain(*picture.alpha));
}

Size FitInside(Size image, int box_px) {
  const int longest = std::max(image.width, image.height);
  if (longest <= box_px) return image;
  if (box_px <= 0) return {0, 0};
  const double scale = static_cast<double>(box_px) / longest;
  const auto scaled = [&](int side) {
    return std::clamp(static_cast<int>(std::lround(side * scale)), 1, box_px);
  };
  return {scaled(image.width), scaled(image.height)};
}

Size FitAround(Size image, int box_px) {
  const int shorter = std::min(image.width, image.height);
  const int side = std::min(shorter, box_px);
  const double scale = static_cast<double>(side) / shorter;
  const auto scaled = [&](int length) {
    return std::max(static_cast<int>(std::lround(length * scale)), side);
  };
  return {scaled(image.width), scaled(image.height)};
}

}  // namespace hestia
