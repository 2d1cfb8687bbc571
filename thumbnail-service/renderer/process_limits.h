#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_PROCESS_LIMITS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_PROCESS_LIMITS_H_

#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// What a renderer process takes away from itself.
//
// Thread-safety: process-wide; call before decoding begins.

// When memory runs out the kernel should end a decode, not the database. Inherited by fork.
void PreferAsOomVictim();

// Address space, CPU time, file size and core dumps as the request says. Address space and
// CPU time are left alone in sanitized builds, which need more of both.
void LimitProcess(const wire::Request& request);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_PROCESS_LIMITS_H_
