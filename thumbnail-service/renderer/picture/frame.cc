#include "thumbnail-service/renderer/picture/frame.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "thumbnail-service/renderer/picture/resize.h"
#include "thumbnail-service/renderer/picture/yuv_row.h"

namespace hestia {
namespace {
constexpr std::uint8_t kOpaque = 255;

// Red, green, blue.
using Rgb = std::array<std::uint8_t, 3>;

std::optional<Rgb> BackgroundOf(const wire::ImageSpec& spec) {
  if (spec.has_background == 0) return std::nullopt;
  return Rgb{static_cast<std::uint8_t>(spec.background >> 16),
             static_cast<std::uint8_t>(spec.background >> 8),
             static_cast<std::uint8_t>(spec.background)};
}

Plane CutPlane(const Plane& plane, int left, int top, int width, int height) {
  Plane cut(width, height);
  for (int y = 0; y < height; ++y) {
    std::memcpy(cut.Row(y), plane.Row(top + y) + left, static_cast<std::size_t>(width));
  }
  return cut;
}

// The middle, or as near to it as half-size chroma allows.
Picture CutMiddle(const Picture& picture, int side) {
  const int left = (picture.width() - side) / 4 * 2;
  const int top = (picture.height() - side) / 4 * 2;
  Picture cut;
  cut.colour = picture.colour;
  for (const Plane& plane : picture.planes) {
    const bool halved = plane.width() < picture.width() || plane.height() < picture.height();
    cut.planes.push_back(halved ? CutPlane(plane, left / 2, top / 2, (side + 1) / 2, (side + 1) / 2)
                                : CutPlane(plane, left, top, side, side));
  }
  if (picture.alpha.has_value()) cut.alpha = CutPlane(*picture.alpha, left, top, side, side);
  return cut;
}

// What is transparent shows the background; colours are premultiplied.
void Underlay(const Rgb& background, Picture& picture) {
  if (!picture.alpha.has_value()) return;
  for (int y = 0; y < picture.height(); ++y) {
    const std::uint8_t* alphas = picture.alpha->Row(y);
    for (std::size_t c = 0; c < picture.planes.size(); ++c) {
      std::uint8_t* row = picture.planes[c].Row(y);
      for (int x = 0; x < picture.width(); ++x) {
        const int below = (background[c] * (kOpaque - alphas[x]) + kOpaque / 2) / kOpaque;
        row[x] = static_cast<std::uint8_t>(std::min(row[x] + below, int{kOpaque}));
      }
    }
  }
  picture.alpha.reset();
}

Plane Amid(const Plane& plane, int side, std::uint8_t around) {
  Plane framed(side, side);
  framed.Fill(around);
  const int left = (side - plane.width()) / 2;
  const int top = (side - plane.height()) / 2;
  for (int y = 0; y < plane.height(); ++y) {
    std::memcpy(framed.Row(top + y) + left, plane.Row(y), static_cast<std::size_t>(plane.width()));
  }
  return framed;
}

Picture PutAmid(Picture picture, int side, const std::optional<Rgb>& background) {
  Picture framed;
  framed.colour = Colour::kRgb;
  for (std::size_t c = 0; c < picture.planes.size(); ++c) {
    framed.planes.push_back(
        Amid(picture.planes[c], side, background.has_value() ? (*background)[c] : 0));
  }
  if (background.has_value()) return framed;
  if (!picture.alpha.has_value()) {
    picture.alpha = Plane(picture.width(), picture.height());
    picture.alpha->Fill(kOpaque);
  }
  framed.alpha = Amid(*picture.alpha, side, 0);
  return framed;
}

Plane Copy(const Plane& plane) { return CutPlane(plane, 0, 0, plane.width(), plane.height()); }

Picture Copy(const Picture& picture) {
  Picture copy;
  copy.colour = picture.colour;
  for (const Plane& plane : picture.planes) copy.planes.push_back(Copy(plane));
  if (picture.alpha.has_value()) copy.alpha = Copy(*picture.alpha);
  return copy;
}
}  // namespace

Size ScaledSize(Size image, const wire::ImageSpec& spec) {
  const int box = static_cast<int>(spec.box_px);
  return spec.fit == wire::Fit::kCover ? FitAround(image, box) : FitInside(image, box);
}

Picture ToRgb(const Picture& picture) {
  if (picture.colour == Colour::kRgb) return Copy(picture);
  Picture rgb;
  rgb.colour = Colour::kRgb;
  if (picture.colour == Colour::kGrey) {
    for (int c = 0; c < 3; ++c) rgb.planes.push_back(Copy(picture.planes[0]));
    return rgb;
  }
  const Picture whole = Resize(picture, {picture.width(), picture.height()}, Chroma::kWhole);
  for (int c = 0; c < 3; ++c) rgb.planes.emplace_back(picture.width(), picture.height());
  std::vector<std::uint8_t> row(static_cast<std::size_t>(picture.width()) * 3);
  for (int y = 0; y < picture.height(); ++y) {
    YuvRow(whole, y, row.data());
    for (std::size_t c = 0; c < 3; ++c) {
      std::uint8_t* to = rgb.planes[c].Row(y);
      for (std::size_t x = c; x < row.size(); x += 3) *to++ = row[x];
    }
  }
  return rgb;
}

Picture Frame(const Picture& scaled, const wire::ImageSpec& spec) {
  const std::optional<Rgb> background = BackgroundOf(spec);
  if (spec.fit == wire::Fit::kCover) {
    Picture cut = CutMiddle(scaled, std::min(scaled.width(), scaled.height()));
    if (background.has_value()) Underlay(*background, cut);
    return cut;
  }
  Picture whole = spec.fit == wire::Fit::kContain ? ToRgb(scaled) : Copy(scaled);
  if (background.has_value()) Underlay(*background, whole);
  if (spec.fit != wire::Fit::kContain) return whole;
  return PutAmid(std::move(whole), static_cast<int>(spec.box_px), background);
}

}  // namespace hestia
