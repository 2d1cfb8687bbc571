#include "thumbnail-service/renderer/read/pdf_reader.h"

#include <cairo.h>
#include <poppler.h>

#include <cmath>
#include <limits>
#include <memory>

#include "thumbnail-service/renderer/read/drawing.h"
#include "thumbnail-service/renderer/read/freed_by.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
using Bytes = std::unique_ptr<GBytes, FreedBy<g_bytes_unref>>;
using Document = std::unique_ptr<PopplerDocument, FreedBy<g_object_unref>>;
using Page = std::unique_ptr<PopplerPage, FreedBy<g_object_unref>>;

Document Open(GBytes* bytes) {
  GError* error = nullptr;
  Document document(poppler_document_new_from_bytes(bytes, nullptr, &error));
  if (document != nullptr) return document;
  if (g_error_matches(error, POPPLER_ERROR, POPPLER_ERROR_ENCRYPTED) != FALSE) {
    Refuse(wire::Outcome::kUnsupported, "PDF: it is encrypted and asks for a password");
  }
  Refuse(wire::Outcome::kDecodeFailed, "PDF: %s",
         error != nullptr ? error->message : "cannot be opened");
}

// The page as a reader would show it, turned if it asks for it.
struct Extent {
  double width = 0;
  double height = 0;
};

Extent ExtentOf(PopplerPage* page) {
  Extent extent;
  poppler_page_get_size(page, &extent.width, &extent.height);
  if (!(extent.width > 0 && extent.height > 0) || !std::isfinite(extent.width) ||
      !std::isfinite(extent.height)) {
    Refuse(wire::Outcome::kDecodeFailed, "PDF: the first page has no size");
  }
  return extent;
}

// What a page measures is no number of pixels: those that are drawn are admitted by their size.
void AdmitPages(int pages, Size drawn, const Demand& demand) {
  wire::Limits limits = demand.limits;
  // Drawn, not unpacked: few bytes are no sign of a bomb.
  limits.max_ratio = std::numeric_limits<std::uint64_t>::max();
  RefuseUnlessWithin({.width_px = static_cast<std::uint64_t>(drawn.width),
                      .height_px = static_cast<std::uint64_t>(drawn.height),
                      .frames = static_cast<std::uint64_t>(pages)},
                     limits, demand.source_bytes);
}

Surface Draw(PopplerPage* page, const Extent& extent, Size size) {
  Surface surface = MakeSurface(size, "PDF");
  const Context context(cairo_create(surface.get()));
  // Paper; pages leave it to the printer.
  cairo_set_source_rgb(context.get(), 1, 1, 1);
  cairo_paint(context.get());
  cairo_scale(context.get(), size.width / extent.width, size.height / extent.height);
  poppler_page_render(page, context.get());
  const cairo_status_t drawn = cairo_status(context.get());
  if (drawn == CAIRO_STATUS_NO_MEMORY) RefuseForMemory();
  if (drawn != CAIRO_STATUS_SUCCESS) {
    Refuse(wire::Outcome::kDecodeFailed, "PDF: cannot be drawn: %s", cairo_status_to_string(drawn));
  }
  cairo_surface_flush(surface.get());
  return surface;
}
}  // namespace

Decoded ReadPdf(std::span<const std::uint8_t> bytes, const Demand& demand) {
  // A damaged table of contents is made anew out of all the file; and what lies on a page may be
  // much more than its size says.
  constexpr std::uint32_t kPagePx = 5000;
  AllowTimeFor(kPagePx, kPagePx);
  const Bytes file(g_bytes_new_static(bytes.data(), bytes.size()));
  const Document document = Open(file.get());
  const int pages = poppler_document_get_n_pages(document.get());
  const Page page(pages > 0 ? poppler_document_get_page(document.get(), 0) : nullptr);
  if (page == nullptr) Refuse(wire::Outcome::kDecodeFailed, "PDF: there is no first page");
  const Extent extent = ExtentOf(page.get());
  Decoded decoded;
  decoded.stored = DrawnSize(extent.width, extent.height, demand);
  AdmitPages(pages, decoded.stored, demand);
  AllowTimeFor(kPagePx, kPagePx);
  const Surface surface = Draw(page.get(), extent, decoded.stored);
  decoded.picture = ToPicture(surface.get(), decoded.stored);
  return decoded;
}

std::string PdfLibrary() { return std::string("poppler ") + poppler_get_version(); }

}  // namespace hestia
