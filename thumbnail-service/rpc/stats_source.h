#ifndef HESTIA_THUMBNAIL_SERVICE_RPC_STATS_SOURCE_H_
#define HESTIA_THUMBNAIL_SERVICE_RPC_STATS_SOURCE_H_

#include <string>
#include <utility>

#include <absl/status/statusor.h>

#include "hestia/thumbnail/v1/thumbnail.pb.h"
#include "thumbnail-service/jobs/isolation.h"
#include "thumbnail-service/jobs/work_counters.h"
#include "thumbnail-service/store/pg_catalog.h"

namespace hestia {

// Puts the numbers of GetStats together: the database's, the other replicas' as of their last
// heartbeat, and this one's as of now.
//
// Thread-safety: Read from any thread. Blocking: waits for the database.
// Lifetime: both references outlive it.
class StatsSource {
 public:
  StatsSource(PgCatalog& catalog, const WorkCounters& counters, std::string replica_id)
      : catalog_(catalog), counters_(counters), replica_id_(std::move(replica_id)) {}

  // Call before the first Read.
  void SetIsolation(Isolation isolation) { isolation_ = std::move(isolation); }

  absl::StatusOr<thumbnail::v1::GetStatsResponse> Read();

 private:
  PgCatalog& catalog_;
  const WorkCounters& counters_;
  const std::string replica_id_;
  Isolation isolation_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RPC_STATS_SOURCE_H_
