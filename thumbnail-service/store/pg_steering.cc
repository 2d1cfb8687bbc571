#include "thumbnail-service/store/pg_steering.h"

#include "common/error_reason.h"
#include "thumbnail-service/store/pg_collect_sql.h"

namespace hestia {
namespace {

constexpr int kBatch = 5000;

constexpr PgStatement kPauseLibrary = {"pause_library",
                                       "UPDATE libraries SET paused = $2 WHERE id = $1"};
constexpr PgStatement kPauseAll = {"pause_all", "UPDATE service_state SET paused = $1"};
constexpr PgStatement kNotifyJobs = {"notify_jobs", "SELECT pg_notify('hestia_jobs', '')"};
constexpr PgStatement kNotifyProgress = {"notify_progress",
                                         "SELECT pg_notify('hestia_progress', '')"};

// Asked again under the lock: a file that came back is held no more.
constexpr PgStatement kRemoveHeld = {"remove_held", R"sql(
  WITH doomed AS MATERIALIZED (
    SELECT id FROM files WHERE library_id = $1 AND held ORDER BY id LIMIT $2 FOR UPDATE
  ), gone AS (
    DELETE FROM files f USING doomed d WHERE f.id = d.id AND f.held
    RETURNING f.library_id, f.inode, f.size_bytes, f.mtime_ns, f.content_id
  ), kept AS (
    INSERT INTO removed_files (library_id, inode, size_bytes, mtime_ns, content_id)
    SELECT * FROM gone WHERE content_id IS NOT NULL
  )
  SELECT count(*) FROM gone)sql"};

// `named` are the failed files asked for, `whole` all that share their bytes: left FAILED, they
// would have no verdict to show.
constexpr PgStatement kRetry = {"retry_failures", R"sql(
  WITH named AS MATERIALIZED (
    SELECT f.id, f.content_id FROM files f
    LEFT JOIN failures xc ON xc.content_id = f.content_id
    LEFT JOIN failures xf ON xf.file_id = f.id
    WHERE f.library_id = $1 AND f.state = 3
      AND (cardinality($2::text[]) = 0 OR coalesce(xf.code, xc.code) = ANY($2::text[]))
      AND ($3 = '' OR f.path_hash = sha256(convert_to($3, 'UTF8')))
      AND f.id > $6
    ORDER BY f.id LIMIT $4
  ), whole AS MATERIALIZED (
    SELECT f.id, f.content_id FROM files f
    WHERE f.id IN (SELECT id FROM named)
       OR (f.state = 3 AND f.content_id IN (SELECT content_id FROM named))
    ORDER BY f.id FOR NO KEY UPDATE OF f
  ), lifted AS (
    DELETE FROM failures x USING whole w WHERE x.file_id = w.id OR x.content_id = w.content_id
  ), put AS (
    UPDATE files f SET state = 2 FROM whole w WHERE f.id = w.id
    RETURNING f.id, f.library_id, f.version
  ), queued AS (
    INSERT INTO jobs AS j (file_id, library_id, wanted_version, order_key)
    SELECT id, library_id, version, $5 FROM put
    ON CONFLICT (file_id) DO UPDATE
      SET run_after = '-infinity', attempts = 0, tries = 0, crashes = 0, last_error = '',
          order_key = least(j.order_key, excluded.order_key)
  )
  SELECT count(*), (SELECT max(id) FROM named) FROM put)sql"};

constexpr PgStatement kLibraryState = {"library_state",
                                       "SELECT state, name FROM libraries WHERE id = $1 FOR SHARE"};

constexpr PgStatement kCountPurge = {"count_purge", R"sql(
  SELECT (SELECT count(*) FROM files WHERE library_id = $1),
         (SELECT count(*) FROM thumbnails n
          WHERE n.content_id IN (SELECT content_id FROM files WHERE library_id = $1
                                 UNION
                                 SELECT content_id FROM removed_files WHERE library_id = $1)
            AND NOT EXISTS (SELECT FROM files f WHERE f.content_id = n.content_id
                                                  AND f.library_id <> $1)
            AND NOT EXISTS (SELECT FROM removed_files r WHERE r.content_id = n.content_id
                                                          AND r.library_id <> $1)))sql"};

// Files go to removed_files first, so that their contents are found when these go.
constexpr PgStatement kPurgeFiles = {"purge_files", R"sql(
  WITH doomed AS MATERIALIZED (
    SELECT id FROM files WHERE library_id = $1 ORDER BY id LIMIT $2 FOR UPDATE
  ), gone AS (
    DELETE FROM files f USING doomed d WHERE f.id = d.id
    RETURNING f.library_id, f.inode, f.size_bytes, f.mtime_ns, f.content_id
  ), kept AS (
    INSERT INTO removed_files (library_id, inode, size_bytes, mtime_ns, content_id)
    SELECT * FROM gone WHERE content_id IS NOT NULL
  )
  SELECT count(*) FROM gone)sql"};

constexpr PgStatement kPurgeRemoved = {"purge_removed", R"sql(
  WITH doomed AS (
    DELETE FROM removed_files WHERE id IN (
      SELECT id FROM removed_files WHERE library_id = $1 ORDER BY id LIMIT $2)
    RETURNING id, content_id
  ), gone AS (
    DELETE FROM contents c USING (SELECT DISTINCT content_id FROM doomed) d
    WHERE c.id = d.content_id
      AND NOT EXISTS (SELECT FROM files f WHERE f.content_id = c.id)
      AND NOT EXISTS (SELECT FROM removed_files r WHERE r.content_id = c.id
                        AND r.id NOT IN (SELECT id FROM doomed))
    RETURNING c.id
  )
  SELECT (SELECT count(*) FROM doomed),
         (SELECT count(*) FROM thumbnails n WHERE n.content_id IN (SELECT id FROM gone)))sql"};

// Watched again before all of it is deleted, it is told from its beginning.
constexpr PgStatement kForgetCursor = {"forget_cursor", R"sql(
  UPDATE libraries SET cursor_epoch = NULL, cursor_sequence = NULL
  WHERE id = $1 AND cursor_epoch IS NOT NULL)sql"};

constexpr PgStatement kDeleteLibrary = {"delete_library", R"sql(
  WITH counts AS (DELETE FROM file_counts WHERE library_id = $1)
  DELETE FROM libraries l WHERE l.id = $1 AND l.state = 'DETACHED'
    AND NOT EXISTS (SELECT FROM files f WHERE f.library_id = l.id))sql"};

constexpr PgStatement kStatements[] = {kPauseLibrary, kPauseAll,   kNotifyJobs,  kNotifyProgress,
                                       kRemoveHeld,   kRetry,      kLibraryState, kCountPurge,
                                       kPurgeFiles,   kPurgeRemoved, kForgetCursor, kDeleteLibrary,
                                       kLockCollection, kCollectRemoved, kCountCollectable};

// A library that is watched again meanwhile keeps its rows from then on.
absl::Status CheckDetached(pqxx::work& tx, std::int64_t library_id) {
  const pqxx::result row = tx.exec_prepared(kLibraryState.name, library_id);
  if (!row.empty() && row[0][0].as<std::string>() == "DETACHED") return absl::OkStatus();
  return WithReason(
      absl::FailedPreconditionError("the library is watched; call WatcherService.RemoveLibrary "
                                    "first, and wait until GetStats says DETACHED"),
      "LIBRARY_WATCHED", "library");
}

}  // namespace

PgSteering::PgSteering(const std::string& url, int connections)
    : pool_(url, kStatements, connections) {}

absl::Status PgSteering::SetPaused(std::optional<std::int64_t> library_id, bool paused) {
  return pool_.Transact([&](pqxx::work& tx) -> absl::Status {
    if (library_id.has_value()) {
      tx.exec_prepared(kPauseLibrary.name, *library_id, paused);
    } else {
      tx.exec_prepared(kPauseAll.name, paused);
    }
    tx.exec_prepared(kNotifyJobs.name);
    tx.exec_prepared(kNotifyProgress.name);
    return absl::OkStatus();
  });
}

absl::StatusOr<std::int64_t> PgSteering::ConfirmRemovals(std::int64_t library_id) {
  std::int64_t removed = 0;
  while (true) {
    const auto batch = pool_.Transact([&](pqxx::work& tx) -> absl::StatusOr<int> {
      const int gone = tx.exec_prepared1(kRemoveHeld.name, library_id, kBatch)[0].as<int>();
      tx.exec_prepared(kNotifyProgress.name);
      return gone;
    });
    if (!batch.ok()) return batch.status();
    removed += *batch;
    if (*batch == 0) return removed;
  }
}

absl::StatusOr<std::int64_t> PgSteering::RetryFailures(std::int64_t library_id,
                                                       const FailureFilter& filter,
                                                       std::int64_t order_key) {
  std::int64_t queued = 0;
  // Beyond those done, or files that fail again at once would be queued for ever.
  for (std::optional<std::int64_t> after = 0; after.has_value();) {
    const absl::Status status = pool_.Transact([&](pqxx::work& tx) -> absl::Status {
      const pqxx::row row = tx.exec_prepared1(kRetry.name, library_id, PgArray(filter.codes),
                                              filter.path, kBatch, order_key, *after);
      tx.exec_prepared(kNotifyJobs.name);
      queued += row[0].as<std::int64_t>();
      after.reset();
      if (!row[1].is_null()) after = row[1].as<std::int64_t>();
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
  }
  return queued;
}

absl::StatusOr<Purged> PgSteering::PurgeLibrary(std::int64_t library_id, bool dry_run) {
  if (dry_run) {
    return pool_.Transact([&](pqxx::work& tx) -> absl::StatusOr<Purged> {
      if (absl::Status status = CheckDetached(tx, library_id); !status.ok()) return status;
      const pqxx::row row = tx.exec_prepared1(kCountPurge.name, library_id);
      return Purged{row[0].as<std::int64_t>(), row[1].as<std::int64_t>()};
    });
  }
  Purged purged;
  while (true) {
    const auto more = pool_.Transact([&](pqxx::work& tx) -> absl::StatusOr<bool> {
      if (absl::Status status = CheckDetached(tx, library_id); !status.ok()) return status;
      tx.exec_prepared(kLockCollection.name);
      tx.exec_prepared(kForgetCursor.name, library_id);
      const int files = tx.exec_prepared1(kPurgeFiles.name, library_id, kBatch)[0].as<int>();
      const pqxx::row removed = tx.exec_prepared1(kPurgeRemoved.name, library_id, kBatch);
      purged.files += files;
      purged.thumbnails += removed[1].as<std::int64_t>();
      if (files > 0 || removed[0].as<std::int64_t>() > 0) return true;
      tx.exec_prepared(kDeleteLibrary.name, library_id);
      return false;
    });
    if (!more.ok()) return more.status();
    if (!*more) return purged;
  }
}

absl::StatusOr<Collected> PgSteering::CollectRemoved(absl::Duration grace, bool dry_run) {
  Collected collected;
  while (true) {
    const auto batch = pool_.Transact([&](pqxx::work& tx) -> absl::StatusOr<Collected> {
      if (!dry_run) tx.exec_prepared(kLockCollection.name);
      const PgStatement& statement = dry_run ? kCountCollectable : kCollectRemoved;
      const pqxx::row row = tx.exec_prepared1(statement.name, absl::ToDoubleSeconds(grace));
      return Collected{.files = row[0].as<std::int64_t>(),
                       .contents = row[1].as<std::int64_t>(),
                       .thumbnails = row[2].as<std::int64_t>(),
                       .bytes = row[3].as<std::int64_t>()};
    });
    if (!batch.ok()) return batch.status();
    collected.files += batch->files;
    collected.contents += batch->contents;
    collected.thumbnails += batch->thumbnails;
    collected.bytes += batch->bytes;
    if (batch->files == 0 || dry_run) return collected;
  }
}

}  // namespace hestia
