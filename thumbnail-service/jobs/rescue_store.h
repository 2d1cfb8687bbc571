#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_RESCUE_STORE_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_RESCUE_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

namespace hestia {

// What the database shows of another replica.
struct ReplicaSign {
  std::string id;
  std::optional<std::int64_t> beats;  // nullopt: no row, and yet it has claims
  bool has_session = false;           // it holds its session's lock
};

// What a rescue did.
struct RescueEffect {
  int requeued = 0;
  int given_up = 0;  // jobs that got a verdict: too many replicas died on them
};

// What the rescue of dead replicas' jobs needs of the database.
//
// Thread-safety: none; one instance per thread.
// Blocking: every method is one transaction, which may wait for locks of others.
// Errors: kUnavailable, kAborted  try again with the next look.
class RescueStore {
 public:
  virtual ~RescueStore() = default;

  // All replicas but this one.
  virtual absl::StatusOr<std::vector<ReplicaSign>> Survey() = 0;
  // Takes back what this replica held: its jobs, with a death counted on each, its leases and
  // its row. The job on which a replica died `deaths_to_verdict` times gets a verdict instead.
  // Does nothing when it gave a sign of life after `seen`.
  virtual absl::StatusOr<RescueEffect> RescueFrom(const ReplicaSign& seen,
                                                  int deaths_to_verdict) = 0;
  // Requeues jobs claimed longer than `deadline`, whoever has them. Returns how many.
  virtual absl::StatusOr<int> RescueOverdue(absl::Duration deadline) = 0;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_RESCUE_STORE_H_
