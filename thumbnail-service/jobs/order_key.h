#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_ORDER_KEY_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_ORDER_KEY_H_

#include <cstdint>

#include <absl/time/time.h>

namespace hestia {

// Why a file is in the queue.
enum class JobClass {
  kInteractive,  // someone waits for it in GetThumbnail
  kLive,         // it just changed
  kBackfill,     // a listing found it
  kRegenerate,   // a recipe changed
};

// How much later than now a job of this class takes its turn. An older job of a lower class
// overtakes newer ones of a higher class once this much time has passed, so nothing starves
// and no sweep has to age the queue.
absl::Duration ClassOffset(JobClass job_class);

// The queue's one sort key: microseconds since 1970 plus the offset; smaller is sooner.
std::int64_t OrderKey(absl::Time now, JobClass job_class);

// Whether a call has put a job to this place within the last five minutes, and so may still wait.
bool IsAwaited(std::int64_t order_key, absl::Time now);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_ORDER_KEY_H_
