#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_VERDICT_UPKEEP_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_VERDICT_UPKEEP_H_

#include <cstdint>

#include <absl/status/statusor.h>

namespace hestia {

// What another decoder, or other limits, leave to be tried again in the background, in batches.
// Implemented by store/.
//
// Blocking: each call is one transaction. Errors: kUnavailable, kAborted  try again later.
class VerdictUpkeep {
 public:
  virtual ~VerdictUpkeep() = default;

  // Lifts some thousand verdicts at the most of decoders that no replica has any more, and queues the
  // files they were about. While a replica with another decoder lives its verdicts stand, or two
  // releases side by side would lift each other's without end. Queues as many files at the most.
  // Returns how many verdicts it lifted or files it queued, whichever are more; 0: there are none.
  virtual absl::StatusOr<std::int64_t> ReleasePast(std::int64_t order_key) = 0;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_VERDICT_UPKEEP_H_
