#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_JAIL_JAIL_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_JAIL_JAIL_H_

#include <sys/types.h>

#include <span>

#include "thumbnail-service/renderer/jail/posture.h"
#include "thumbnail-service/renderer/jail/process_limits.h"
#include "thumbnail-service/renderer/jail/syscall_filter.h"

namespace hestia {

// What the processes that meet images take away from themselves. No step needs a privilege,
// and none can be taken back. Each function enters all of its layers that it can and says
// which ones those are; the caller decides whether they suffice.
//
// Thread-safety: call from main() of a program without threads, but for EnterWorkerJail.

// A launcher's part, inherited by all that it starts: kOomVictim, kNotDumpable (lost by
// exec), kNoNewPrivs, kLandlock. `readable` is what may be read and executed still.
Posture EnterLauncherJail(std::span<const char* const> readable);

// A forked child's first step: it dies with `launcher`, which has no threads, so that the
// signal's tie to the forking thread does no harm. Survives exec.
bool DieWith(pid_t launcher);

// The rest for a process that decodes one image, forked from a launcher in its jail:
// kDieWithParent, kLimits, kSeccomp.
Posture EnterImageJail(pid_t launcher, const ProcessLimits& limits, SyscallFilter& filter);

// The rest for a program that was started by a launcher in its jail: kDieWithParent (looked
// at, not made), kLimits, kNotDumpable, kSeccomp for all threads. Call before the first image.
Posture EnterWorkerJail(const ProcessLimits& limits);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_JAIL_JAIL_H_
