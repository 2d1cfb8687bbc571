#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_RENDER_DEADLINE_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_RENDER_DEADLINE_H_

#include <absl/time/time.h>

#include "thumbnail-service/render/renderer_process.h"

namespace hestia {

// The time that an image may take.
struct RenderTimes {
  absl::Duration least;  // without a pixel
  absl::Duration most;   // with any number of them
};

// Four times what it should take, 40 ms for each megapixel and as much as `least` besides, and
// never more than `most`.
absl::Duration RenderTimeout(double pixels, const RenderTimes& times);

// Width times height that a renderer wrote into the shared memory `result` when it had read the
// header; 0 if it wrote nothing. Not believed: for estimates only.
double PixelsByHeader(int result);

// Waits as WaitReadable for the end of an image's render, which begins now, and sets
// `allowed` to the time that it had. The size is the one that the renderer wrote into the
// shared memory `result` when it had read the header; it is asked for only when an image
// without pixels would be out of time. A renderer that lies gets the most, like a large image.
Waited WaitForRender(int fd, int cancel, int result, const RenderTimes& times,
                     absl::Duration& allowed);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_RENDER_DEADLINE_H_
