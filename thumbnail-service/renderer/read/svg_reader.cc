#include "thumbnail-service/renderer/read/svg_reader.h"

#include <cairo.h>
#include <fontconfig/fontconfig.h>
#include <librsvg/rsvg.h>

#include <cmath>
#include <memory>

#include "thumbnail-service/renderer/read/drawing.h"
#include "thumbnail-service/renderer/read/freed_by.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
using Handle = std::unique_ptr<RsvgHandle, FreedBy<g_object_unref>>;

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

Surface Draw(RsvgHandle* handle, const Extent& extent, Size size) {
  Surface surface = MakeSurface(size, "SVG");
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
}  // namespace

void SetUpSvg() { FcInit(); }

Decoded ReadSvg(std::span<const std::uint8_t> bytes, const Demand& demand) {
  const Handle handle = Parse(bytes);
  const Extent extent = ExtentOf(handle.get());
  Decoded decoded;
  decoded.stored = DrawnSize(extent.width, extent.height, demand);
  const Surface surface = Draw(handle.get(), extent, decoded.stored);
  decoded.picture = ToPicture(surface.get(), decoded.stored);
  return decoded;
}

}  // namespace hestia
