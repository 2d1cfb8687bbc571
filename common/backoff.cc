#include "common/backoff.h"

#include <algorithm>

#include <absl/random/distributions.h>

namespace hestia {

absl::Duration Backoff::Ceiling(int attempt) const {
  // Past 2^32 every sensible base is over every sensible cap; stops the shift overflowing.
  const int doublings = std::clamp(attempt, 0, 32);
  return std::min(cap, base * (std::int64_t{1} << doublings));
}

absl::Duration Backoff::Delay(int attempt, absl::BitGenRef random) const {
  return Ceiling(attempt) * absl::Uniform(absl::IntervalClosed, random, 0.0, 1.0);
}

}  // namespace hestia
