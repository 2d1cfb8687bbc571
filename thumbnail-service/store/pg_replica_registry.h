#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_REPLICA_REGISTRY_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_REPLICA_REGISTRY_H_

#include <string>
#include <vector>

#include "thumbnail-service/jobs/replica_registry.h"
#include "thumbnail-service/store/pg_session.h"

namespace hestia {

// Replicas, leases and libraries on PostgreSQL; see jobs/replica_registry.h for the contract.
// Time is the database's, so replicas' clocks may differ.
//
// Thread-safety: none; one instance per thread.
class PgReplicaRegistry final : public ReplicaRegistry {
 public:
  // `replica_name` is for people: host and process. `decoder_version` is told with each beat; only
  // who beats needs it, and verdicts of a decoder that none tells are lifted in time.
  PgReplicaRegistry(const std::string& url, std::string replica_id, std::string replica_name,
                    PgLimits limits = {}, std::string decoder_version = "");

  absl::StatusOr<BeatEffect> Beat(const WorkFigures& figures, int workers,
                                  const std::string& problem) override;
  absl::Status RenewLeases(absl::Duration ttl) override;
  absl::StatusOr<std::vector<RegisteredLibrary>> ReadLibraries() override;
  absl::StatusOr<int> CollectRemoved(absl::Duration grace) override;
  absl::Status Leave() override;
  absl::StatusOr<std::vector<RegisteredLibrary>> RegisterLibraries(
      absl::Span<const WatchedLibrary> watched) override;
  absl::StatusOr<std::optional<Lease>> TryLease(std::int64_t library_id,
                                                absl::Duration ttl) override;
  absl::Status ReleaseLease(const Lease& lease) override;

 private:
  PgSession session_;
  const std::string replica_id_;
  const std::string replica_name_;
  const std::string decoder_version_;
  int locked_connection_ = 0;  // the one that holds this replica's lock; 0: none does
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_REPLICA_REGISTRY_H_
