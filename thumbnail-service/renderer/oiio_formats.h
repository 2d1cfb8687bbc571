#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_OIIO_FORMATS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_OIIO_FORMATS_H_

#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// What RenderByOiio (oiio_image.h) reads and writes, as its libraries say; what has a reader of
// our own is the fast program's to tell; a DescribeTask.
void DescribeOiioFormats(wire::Description& description);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_OIIO_FORMATS_H_
