#include "thumbnail-service/jobs/order_key.h"

namespace hestia {

absl::Duration ClassOffset(JobClass job_class) {
  switch (job_class) {
    case JobClass::kInteractive:
      return -absl::Hours(24);
    case JobClass::kLive:
      return absl::ZeroDuration();
    case JobClass::kBackfill:
      return absl::Minutes(10);
    case JobClass::kRegenerate:
      return absl::Hours(6);
  }
  return absl::ZeroDuration();
}

std::int64_t OrderKey(absl::Time now, JobClass job_class) {
  return absl::ToUnixMicros(now + ClassOffset(job_class));
}

// Jobs of other classes pass through these places when they are a day old.
bool IsAwaited(std::int64_t order_key, absl::Time now) {
  constexpr absl::Duration kLongestCall = absl::Minutes(5);
  return order_key <= OrderKey(now, JobClass::kInteractive) &&
         order_key > OrderKey(now - kLongestCall, JobClass::kInteractive);
}

}  // namespace hestia
