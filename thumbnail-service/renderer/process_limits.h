#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_PROCESS_LIMITS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_PROCESS_LIMITS_H_

#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// What a renderer process takes away from itself.
//
// Thread-safety: process-wide; call before decoding begins.

// When memory runs out the kernel should end a decode, not the database. Inherited by fork.
void PreferAsOomVictim();

// Whether a process ends with its image, or serves more of them.
enum class Serves { kOneImage, kManyImages };

// Address space (beyond what the program has at the first call), CPU time, file size and
// core dumps as the request says. CPU time counts from the process's beginning, so one that
// serves many images is limited by an alarm instead: ClearAlarm when one is done. Address
// space and CPU time are left alone in sanitized builds, which need more of both.
void LimitProcess(const wire::Request& request, Serves serves);
void ClearAlarm();

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_PROCESS_LIMITS_H_
