#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_LAUNCHER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_LAUNCHER_H_

#include "thumbnail-service/renderer/description.h"
#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// Forks one process for each image and reports how it ended. The launcher goes to jail
// before it reads a byte, each of its processes further in, and it never looks at an image
// itself: nothing in one can reach the next, but for what a Learning lets through.
//
// Thread-safety: call from main() of a program without threads: a forked child has only
//   the calling one, and dies with it.
// Memory: none of the images'. Processes: the one in work and those that were killed and are
//   not gone yet, kMostChildren together; then no request is read until one is gone.

constexpr int kMostChildren = 8;

// Runs in the new process; its return ends the process. `source` and `result` are the
// request's descriptors.
using ImageTask = void (*)(const wire::Request& request, int source, int result);

// What the processes of the images to come may begin with.
struct Learning {
  // Called when a process has ended well, with its answer; believes none of it.
  void (*learn)(const wire::ResultHeader& answer) = nullptr;
  std::uint64_t memory_bytes = 0;  // what it may keep
};

// Serves the control socket until its other end is closed. Returns the exit code.
int RunLauncher(ImageTask task, DescribeTask describe, Learning learning = {});

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_LAUNCHER_H_
