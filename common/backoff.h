#ifndef HESTIA_COMMON_BACKOFF_H_
#define HESTIA_COMMON_BACKOFF_H_

#include <absl/random/bit_gen_ref.h>
#include <absl/time/time.h>

namespace hestia {

// How long to wait before trying again: exponential with full jitter, i.e. uniform between
// 0 and min(cap, base * 2^attempt). Full jitter spreads a herd best for the work it costs
// ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
//
// Thread-safety: immutable.
struct Backoff {
  absl::Duration base = absl::Seconds(1);
  absl::Duration cap = absl::Minutes(5);

  // The longest wait after `attempt` failures in a row (0 = after the first).
  absl::Duration Ceiling(int attempt) const;
  // A draw from [0, Ceiling(attempt)]. `random` is used during the call only.
  absl::Duration Delay(int attempt, absl::BitGenRef random) const;
};

}  // namespace hestia

#endif  // HESTIA_COMMON_BACKOFF_H_
