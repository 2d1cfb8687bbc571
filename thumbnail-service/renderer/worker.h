#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_WORKER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_WORKER_H_

#include "thumbnail-service/renderer/launcher.h"

namespace hestia {

// Serves requests on the control socket (wire.h) one after another, in this process: for a
// program that starts too slowly to be made for one image. Started by a worker launcher; goes
// the rest of the way into the jail before the first request. Returns the exit code when the
// other end is closed.
//
// Thread-safety: call from main(); `task` may use threads. Memory: one image.
int RunWorker(ImageTask task, DescribeTask describe);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_WORKER_H_
