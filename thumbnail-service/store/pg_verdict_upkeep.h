#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_VERDICT_UPKEEP_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_VERDICT_UPKEEP_H_

#include <cstdint>
#include <string>

#include <absl/status/statusor.h>

#include "thumbnail-service/jobs/verdict_upkeep.h"
#include "thumbnail-service/store/pg_session.h"

namespace hestia {

// Verdicts on PostgreSQL; see jobs/verdict_upkeep.h for the contract. Which decoders there are is
// what the replicas tell with their heartbeats.
//
// Thread-safety: none; one instance per thread.
class PgVerdictUpkeep final : public VerdictUpkeep {
 public:
  // `decoder_version`: the one in use here.
  PgVerdictUpkeep(const std::string& url, std::string decoder_version);

  absl::StatusOr<std::int64_t> ReleasePast(std::int64_t order_key) override;

 private:
  PgSession session_;
  const std::string decoder_version_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_VERDICT_UPKEEP_H_
