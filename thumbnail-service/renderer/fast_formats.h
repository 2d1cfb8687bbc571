#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_FAST_FORMATS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_FAST_FORMATS_H_

#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// What RenderImage (image_child.h) reads and writes; a DescribeTask.
void DescribeFastFormats(wire::Description& description);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_FAST_FORMATS_H_
