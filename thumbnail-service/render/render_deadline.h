#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_RENDER_DEADLINE_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_RENDER_DEADLINE_H_

#include <absl/time/time.h>

#include "thumbnail-service/render/renderer_process.h"

namespace hestia {

// The time that an image may take: four times what it should, (0.5 s + 40 ms for each
// megapixel) x 4, and never more than `most`.
absl::Duration RenderTimeout(double pixels, absl::Duration most);

// Waits as WaitReadable for the end of an image's render, which begins now, and sets
// `allowed` to the time that it had. The size is the one that the renderer wrote into the
// shared memory `result` when it had read the header; it is asked for only when an image
// without pixels would be out of time. A renderer that lies gets `most`, like a large image.
Waited WaitForRender(int fd, int cancel, int result, absl::Duration most,
                     absl::Duration& allowed);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_RENDER_DEADLINE_H_
