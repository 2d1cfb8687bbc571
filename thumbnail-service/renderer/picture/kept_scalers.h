#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_KEPT_SCALERS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_KEPT_SCALERS_H_

#include <cstddef>
#include <span>
#include <vector>

#include "thumbnail-service/renderer/picture/scaler.h"
#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// The scalers of a process. Photos of one camera have one size, and all of a folder have few, so a
// launcher keeps those that its processes needed more than once; each new process has them from
// the start.
//
// Thread-safety: none; each renderer has one thread that scales.
// Memory: kKeptScalerBytes by the scalers' own estimate; the one not used for the longest goes
//   first.
inline constexpr std::size_t kKeptScalerBytes = std::size_t{8} << 20;

// That scaler, made where there is none yet. It lives until the next call. Refuses (refuse.h) what
// cannot be scaled, and with TOO_LARGE what needs too much scratch memory.
const Scaler& ScalerFor(const wire::Scaling& scaling);

// What this process had to make since it last forgot: at most kMaxScalings, the first ones.
void ForgetScalingsMade();
std::span<const wire::Scaling> ScalingsMade();

// In a launcher: `told` is what one of its processes had to make. A scaling that another one told
// before, not long ago, is prepared; returns how many were. Those that no sound picture needs count
// as not told, for the process may have been taken over by its image: never refuses.
// Blocking: some milliseconds.
int PrepareWhatIsNeededAgain(std::span<const wire::Scaling> told);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_KEPT_SCALERS_H_
