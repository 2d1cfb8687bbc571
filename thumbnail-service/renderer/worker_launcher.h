#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_WORKER_LAUNCHER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_WORKER_LAUNCHER_H_

namespace hestia {

// Starts worker programs (worker.h) on request, each in a process that is confined before the
// program's first instruction: it can read and execute the system's libraries and itself, and
// dies with the launcher. Which ends with its service, by the end of its socket: a signal
// tied to the parent would come when the *thread* that started it ends.
//
// Thread-safety: call from main() of a program without threads.
// Processes: kMostWorkers; requests beyond that end the launcher.

constexpr int kMostWorkers = 400;

// Serves the control socket until its other end is closed. Returns the exit code.
int RunWorkerLauncher(const char* program);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_WORKER_LAUNCHER_H_
