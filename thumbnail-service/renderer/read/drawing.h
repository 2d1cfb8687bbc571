#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_DRAWING_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_DRAWING_H_

#include <cairo.h>

#include <memory>
#include <string>

#include "thumbnail-service/renderer/read/freed_by.h"
#include "thumbnail-service/renderer/read/readers.h"

namespace hestia {

// Files that are drawn by cairo rather than decoded: SVG, PDF. They have no pixels, so they are
// drawn as large as the largest thumbnail; for one that fills a square, no larger than the limits
// allow.
//
// Thread-safety: pure functions.

using Surface = std::unique_ptr<cairo_surface_t, FreedBy<cairo_surface_destroy>>;
using Context = std::unique_ptr<cairo_t, FreedBy<cairo_destroy>>;

// The size for a drawing of these proportions. Refuses (refuse.h) one that is over a limit where it
// has to fit in a square.
Size DrawnSize(double width, double height, const Demand& demand);

// An empty, transparent surface. Refuses (refuse.h) when it cannot be had; `format` as people know
// it.
Surface MakeSurface(Size size, const std::string& format);

// What was drawn. Memory: the picture beside the surface.
Picture ToPicture(cairo_surface_t* surface, Size size);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_DRAWING_H_
