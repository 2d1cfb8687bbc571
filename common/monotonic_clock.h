#ifndef HESTIA_COMMON_MONOTONIC_CLOCK_H_
#define HESTIA_COMMON_MONOTONIC_CLOCK_H_

#include <time.h>

#include <absl/time/time.h>

namespace hestia {

// Time since boot by CLOCK_MONOTONIC. Deadlines and timeouts use it, because the wall clock
// can jump; an absl::Duration keeps it from being mistaken for a date. Domain classes take
// it as an argument, so tests pass their own.
inline absl::Duration MonotonicNow() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return absl::DurationFromTimespec(now);
}

}  // namespace hestia

#endif  // HESTIA_COMMON_MONOTONIC_CLOCK_H_
