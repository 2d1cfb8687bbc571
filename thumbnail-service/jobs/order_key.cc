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

}  // namespace hestia
