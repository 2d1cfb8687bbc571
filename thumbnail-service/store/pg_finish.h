#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_FINISH_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_FINISH_H_

#include <cstdint>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "thumbnail-service/jobs/job.h"
#include "thumbnail-service/jobs/job_queue.h"
#include "thumbnail-service/store/pg_session.h"

namespace hestia {

// The statements that FinishBatch needs prepared.
absl::Span<const PgStatement> FinishStatements();

// Stores one batch of results within a transaction, in the same few statements however many
// they are.
//
// Locks, in this order and each in one order for all replicas: files by id (as ingest, rescue
// and the API do, before jobs), contents by digest.
//
// Thread-safety: none; one object a try of the transaction. Memory: a copy of the images.
class FinishBatch {
 public:
  // `results` is borrowed for the object's life.
  FinishBatch(pqxx::work& tx, absl::string_view replica_id, absl::string_view decoder_version,
              absl::Span<const JobResult> results)
      : tx_(tx), replica_id_(replica_id), decoder_version_(decoder_version), results_(results) {}

  // One effect per result, in their order. Throws like libpqxx.
  //   kInternal  the tables contradict their locks: roll back.
  absl::StatusOr<std::vector<FinishEffect>> Run();

 private:
  // Locks what the results are about; those whose claim still stands are `current_`.
  void LockClaims();
  void NotePlaces(const pqxx::result& locked);
  // Whether the files of all claims that still stand are locked.
  bool ReadClaims(const std::vector<std::int64_t>& tokens);
  // What results whose claims stand no more prove: their replica did not die on those files.
  void Absolve();
  void PutContents();
  void PutThumbnails();
  void PutVerdicts();
  absl::Status Settle();
  void Unclaim();

  pqxx::work& tx_;
  const std::string replica_id_;
  const std::string decoder_version_;
  const absl::Span<const JobResult> results_;
  std::vector<FinishEffect> effects_;
  // Where the files' locked rows lie, by id: PostgreSQL's ctid, as text.
  absl::flat_hash_map<std::int64_t, std::string> places_;
  std::vector<std::size_t> current_;      // into results_
  std::vector<std::size_t> outdated_;     // a newer version is wanted
  std::vector<std::int64_t> content_ids_;  // per result; 0: none
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_FINISH_H_
