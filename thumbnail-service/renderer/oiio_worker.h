#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_OIIO_WORKER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_OIIO_WORKER_H_

namespace hestia {

// Serves requests on the control socket (wire.h) one after another, in this process: with
// OpenImageIO's 261 libraries it starts too slowly to be made for one image. A verdict ends
// it, because what a failed reader leaves behind is unknown. Returns the exit code when the
// other end is closed.
//
// Thread-safety: call from main(). Memory: one image.
int RunOiioWorker();

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_OIIO_WORKER_H_
