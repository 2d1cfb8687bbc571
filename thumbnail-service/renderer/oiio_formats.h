#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_OIIO_FORMATS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_OIIO_FORMATS_H_

#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// What RenderByOiio (oiio_image.h) reads, as this build of OpenImageIO says; a DescribeTask.
void DescribeOiioFormats(wire::Description& description);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_OIIO_FORMATS_H_
