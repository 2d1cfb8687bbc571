#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_SVG_SIGNATURE_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_SVG_SIGNATURE_H_

#include <absl/strings/string_view.h>

namespace hestia {

// Whether the first element of an XML file that begins like `head` is svg, with or without a
// prefix: in UTF-8, or in UTF-16 with the mark of the bytes' order, which is what librsvg reads.
//
// Thread-safety: a pure function. Memory: a copy of a UTF-16 one.
bool BeginsAsSvg(absl::string_view head);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_SVG_SIGNATURE_H_
