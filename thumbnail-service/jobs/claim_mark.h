#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_CLAIM_MARK_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_CLAIM_MARK_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include <absl/time/time.h>

namespace hestia {

// Where in the queue's order to begin to look for jobs. As a rule at the front. But while some
// session keeps an old transaction open, PostgreSQL cannot clear away what was done since, and
// every look at the front passes over all of it. When looks at the front have become dear, most
// begin where the last one found something, and the front is looked at for a small share of the
// time, and whenever a look from the mark found nothing: jobs that belong further ahead (retries, what
// someone waits for) are found then.
//
// Thread-safety: none. `now` and the like are MonotonicNow().
class ClaimMark {
 public:
  static constexpr std::int64_t kFront = std::numeric_limits<std::int64_t>::min();
  static constexpr absl::Duration kDear = absl::Milliseconds(5);
  static constexpr int kShare = 100;  // one part in so many of the time
  static constexpr absl::Duration kLongest = absl::Seconds(2);  // between looks at the front

  // The order key from which on to look.
  std::int64_t From(absl::Duration now) const { return now >= next_front_ ? kFront : mark_; }

  // A look from `from` took from `begin` to `end`; `first`: the smallest key it found.
  void Looked(std::int64_t from, std::optional<std::int64_t> first, absl::Duration begin,
              absl::Duration end) {
    if (first.has_value()) mark_ = *first;
    if (from != kFront) {
      if (!first.has_value()) next_front_ = begin;
      return;
    }
    const absl::Duration took = end - begin;
    next_front_ = took < kDear ? end : end + std::min(took * kShare, kLongest);
  }

 private:
  std::int64_t mark_ = kFront;
  absl::Duration next_front_ = absl::ZeroDuration();
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_CLAIM_MARK_H_
