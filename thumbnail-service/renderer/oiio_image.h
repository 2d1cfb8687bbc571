#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_OIIO_IMAGE_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_OIIO_IMAGE_H_

#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// What OpenImageIO and our refusals need to be told once a process; before RenderByOiio.
void PrepareOiio();

// Renders one image by OpenImageIO, or by a reader of our own what has one (for thumbnails in
// AVIF, which this program alone writes): thumbnails or a verdict go to `result`. A verdict ends
// the process, because what a failed reader leaves behind is unknown.
void RenderByOiio(const wire::Request& request, int source, int result);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_OIIO_IMAGE_H_
