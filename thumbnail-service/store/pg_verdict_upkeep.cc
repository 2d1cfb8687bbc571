#include "thumbnail-service/store/pg_verdict_upkeep.h"

#include <utility>

namespace hestia {
namespace {

// Verdicts, and files: many can have the bytes of one.
constexpr int kBatch = 5000;

// Two ranges instead of "another than", for the index. A verdict is lifted for every file with its
// bytes: left FAILED, one would have no verdict to show. A verdict on bytes that was reached anew
// meanwhile (failed_at) is another one: whoever reached it set files FAILED that are not seen here.
// Where not all files fit, those left keep the verdict and come next; it binds nobody who renders
// meanwhile. Files are locked before their verdicts, as by everybody.
constexpr PgStatement kReleasePast = {"release_past", R"sql(
  WITH past AS MATERIALIZED (
    SELECT x.id, x.content_id, x.file_id, x.failed_at FROM failures x
    WHERE (x.decoder_version < $1 OR x.decoder_version > $1) AND x.decoder_version <> ''
      AND NOT EXISTS (SELECT FROM replicas r WHERE r.decoder_version = x.decoder_version)
    LIMIT $3
  ), whole AS MATERIALIZED (
    SELECT f.id FROM files f
    WHERE f.state = 3
      AND f.id IN (SELECT file_id FROM past
                   UNION ALL
                   SELECT o.id FROM past p JOIN files o ON o.content_id = p.content_id)
    ORDER BY f.id LIMIT $3 FOR NO KEY UPDATE OF f
  ), lifted AS (
    DELETE FROM failures x USING past p
    WHERE x.id = p.id
      AND CASE WHEN (SELECT count(*) FROM whole) < $3
               THEN x.failed_at = p.failed_at OR x.file_id IS NOT NULL
               ELSE x.file_id IN (SELECT id FROM whole) END
    RETURNING 1
  ), put AS (
    UPDATE files f SET state = 2 FROM whole w WHERE f.id = w.id
    RETURNING f.id, f.library_id, f.version, f.ctid AS place
  ), unread AS (
    DELETE FROM failures x USING put p
    WHERE x.file_id = p.id AND x.id NOT IN (SELECT id FROM past)
  ), queued AS (
    INSERT INTO jobs (file_id, library_id, wanted_version, order_key, file_place)
    SELECT id, library_id, version, $2, place FROM put
    ON CONFLICT (file_id) DO NOTHING
  )
  SELECT greatest((SELECT count(*) FROM lifted), (SELECT count(*) FROM put)),
         (SELECT count(*) FROM put))sql"};

constexpr PgStatement kNotifyJobs = {"notify_jobs", "SELECT pg_notify('hestia_jobs', '')"};

constexpr PgStatement kStatements[] = {kReleasePast, kNotifyJobs};

}  // namespace

PgVerdictUpkeep::PgVerdictUpkeep(const std::string& url, std::string decoder_version)
    : session_(url, kStatements), decoder_version_(std::move(decoder_version)) {}

absl::StatusOr<std::int64_t> PgVerdictUpkeep::ReleasePast(std::int64_t order_key) {
  return session_.Transact([&](pqxx::work& tx) -> absl::StatusOr<std::int64_t> {
    const pqxx::row counts =
        tx.exec_prepared1(kReleasePast.name, decoder_version_, order_key, kBatch);
    if (counts[1].as<std::int64_t>() > 0) tx.exec_prepared(kNotifyJobs.name);
    return counts[0].as<std::int64_t>();
  });
}

}  // namespace hestia
