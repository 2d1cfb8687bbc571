#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_IMAGE_CHILD_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_IMAGE_CHILD_H_

#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// Renders one JPEG, PNG or WebP in a process that was made for it (launcher.h): thumbnails
// or a verdict go to `result`. May end the process.
void RenderImage(const wire::Request& request, int source, int result);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_IMAGE_CHILD_H_
