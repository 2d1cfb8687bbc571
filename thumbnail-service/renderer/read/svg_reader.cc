#include "thumbnail-service/renderer/read/svg_reader.h"

#include <cairo.h>
#include <fontconfig/fontconfig.h>
#include <librsvg/rsvg.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <vector>

#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/read/freed_by.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
using Handle = std::unique_ptr<RsvgHandle, FreedBy<g_object_unref>>;
using Surface = std::unique_ptr<cairo_surface_t, FreedBy<cairo_surface_destroy>>;
using Context = std::unique_ptr<cairo_t, FreedBy<cairo_destroy>>;

[[noreturn]] void RefuseBecause(const GError* error) {
  Refuse(wire::Outcome::kDecodeFailed, "SVG: %s",
         error != nullptr ? error->message : "cannot be drawn");
}

Handle Parse(std::span<const std::uint8_t> bytes) {
  GError* error = nullptr;
  Handle handle(rsvg_handle_new_from_data(bytes.data(), bytes.size(), &error));
  if (handle == nullptr) RefuseBecause(error);
  return handle;
}

struct Extent {
  double left = 0;  // of what is drawn, where that is all there is to go by
  double top = 0;
  double width = 0;
  double height = 0;
  bool usable() const {
    return width > 0 && height > 0 && std::isfinite(width) && std::isfinite(height);
  }
};

// The drawing's own size, else that of its view box, else that of what is drawn.
Extent ExtentOf(RsvgHandle* handle) {
  Extent extent;
  if (rsvg_handle_get_intrinsic_size_in_pixels(handle, &extent.width, &extent.height) != FALSE &&
      extent.usable()) {
    return extent;
  }
  gboolean has_width = FALSE;
  gboolean has_height = FALSE;
  gboolean has_box = FALSE;
  RsvgLength width{};
  RsvgLength height{};
  RsvgRectangle box{};
  rsvg_handle_get_intrinsic_dimensions(handle, &has_width, &width, &has_height, &height, &has_box,
                                       &box);
  if (has_box != FALSE) extent = {0, 0, box.width, box.height};
  if (extent.usable()) return extent;
  RsvgRectangle ink{};
  if (rsvg_handle_get_geometry_for_element(handle, nullptr, &ink, nullptr, nullptr) != FALSE) {
    extent = {ink.x, ink.y, ink.width, ink.height};
  }
  if (!extent.usable()) Refuse(wire::Outcome::kDecodeFailed, "SVG: the drawing has no size");
  return extent;
}

// As large as the largest thumbnail wants it.
Size SizeFor(const Extent& extent, const Demand& demand) {
  const double inside = demand.inside_px / std::max(extent.width, extent.height);
  const double around = demand.cover_px / std::min(extent.width, extent.height);
  const double scale = std::max(inside, around);
  // Beyond any limit, but within an integer.
  const auto side = [&](double length) {
    return static_cast<int>(std::lround(std::clamp(length * scale, 1.0, 1e9)));
  };
  return {side(extent.width), side(extent.height)};
}

Surface Draw(RsvgHandle* handle, const Extent& extent, Size size) {
  Surface surface(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, size.width, size.height));
  const cairo_status_t made = cairo_surface_status(surface.get());
  if (made == CAIRO_STATUS_NO_MEMORY) RefuseForMemory();
  if (made != CAIRO_STATUS_SUCCESS) {
    Refuse(wire::Outcome::kTooLarge, "SVG: cannot be drawn with %d x %d pixels: %s", size.width,
           size.height, cairo_status_to_string(made));
  }
  const Context context(cairo_create(surface.get()));
  // Without a view box a larger viewport would show more, not larger.
  cairo_scale(context.get(), size.width / extent.width, size.height / extent.height);
  cairo_translate(context.get(), -extent.left, -extent.top);
  const RsvgRectangle all{0, 0, extent.width, extent.height};
  GError* error = nullptr;
  if (rsvg_handle_render_document(handle, context.get(), &all, &error) == FALSE) {
    RefuseBecause(error);
  }
  cairo_surface_flush(surface.get());
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
}  // namespace

void SetUpSvg() { FcInit(); }

Decoded ReadSvg(std::span<const std::uint8_t> bytes, const Demand& demand) {
  const Handle handle = Parse(bytes);
  const Extent extent = ExtentOf(handle.get());
  Decoded decoded;
  decoded.stored = SizeFor(extent, demand);
  RefuseUnlessWithin(static_cast<std::uint64_t>(decoded.stored.width),
                     static_cast<std::uint64_t>(decoded.stored.height), demand.limits.max_pixels,
                     demand.limits.max_side_px);
  const Surface surface = Draw(handle.get(), extent, decoded.stored);
  decoded.picture = ToPicture(surface.get(), decoded.stored);
  return decoded;
}

}  // namespace hestia
