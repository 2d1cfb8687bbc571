#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_RESCUE_STORE_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_RESCUE_STORE_H_

#include <string>
#include <vector>

#include "thumbnail-service/jobs/rescue_store.h"
#include "thumbnail-service/store/pg_session.h"

namespace hestia {

// The rescue of dead replicas' jobs on PostgreSQL; see jobs/rescue_store.h for the contract.
//
// Thread-safety: none; one instance per thread.
class PgRescueStore final : public RescueStore {
 public:
  // `replica_id` is the rescuer's own.
  PgRescueStore(const std::string& url, std::string replica_id);

  absl::StatusOr<std::vector<ReplicaSign>> Survey() override;
  absl::StatusOr<RescueEffect> RescueFrom(const ReplicaSign& seen, int deaths_to_verdict) override;
  absl::StatusOr<int> RescueOverdue(absl::Duration deadline) override;

 private:
  PgSession session_;
  const std::string replica_id_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_RESCUE_STORE_H_
