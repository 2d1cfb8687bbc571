#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_CHILD_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_CHILD_H_

#include <sys/types.h>

#include "common/unique_fd.h"
#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// A process that a launcher has made.
//
// Thread-safety: none; for programs without threads.

// Opens a pidfd; -1 when there is no such process or no descriptor is left.
UniqueFd OpenProcess(pid_t pid);

// Waits for a child that is ending and puts how it ended, and what it used, into `ended`.
// False when it is no child of ours.
bool WaitFor(pid_t pid, wire::Report& ended);

void KillAndWaitFor(pid_t pid);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_CHILD_H_
