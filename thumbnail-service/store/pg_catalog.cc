#include "thumbnail-service/store/pg_catalog.h"

#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "common/error_reason.h"
#include "thumbnail-service/jobs/order_key.h"

namespace hestia {
namespace {

constexpr PgStatement kFindLibrary = {"find_library", "SELECT id FROM libraries WHERE name = $1"};

constexpr PgStatement kFindThumbnail = {"find_thumbnail", R"sql(
  SELECT f.id, f.state, t.media_type, t.width_px, t.height_px, t.data,
         coalesce(xc.code, xf.code), coalesce(xc.detail, xf.detail),
         (SELECT l.paused OR s.paused FROM libraries l, service_state s WHERE l.id = f.library_id),
         c.thumbhash, c.dominant_rgb, coalesce(c.damage, '')
  FROM files f
  LEFT JOIN contents c ON c.id = f.content_id
  LEFT JOIN LATERAL (
    SELECT n.* FROM thumbnail_images n JOIN recipes r ON r.id = n.recipe_id
    WHERE n.content_id = f.content_id AND (n.recipe_id = $3 OR (NOT r.is_current AND r.name = $4))
    ORDER BY r.is_current DESC, n.created_at DESC LIMIT 1) t ON true
  LEFT JOIN failures xc ON xc.content_id = f.content_id
  LEFT JOIN failures xf ON xf.file_id = f.id
  WHERE f.library_id = $1 AND f.path_hash = sha256(convert_to($2, 'UTF8')))sql"};

constexpr PgStatement kLift = {"lift", R"sql(
  WITH file AS (
    UPDATE files SET state = 2 WHERE id = $1 RETURNING id, library_id, version
  ), lifted AS (
    INSERT INTO jobs AS j (file_id, library_id, wanted_version, order_key)
    SELECT id, library_id, version, $2 FROM file
    ON CONFLICT (file_id) DO UPDATE
      SET order_key = least(j.order_key, excluded.order_key), run_after = '-infinity'
  )
  SELECT pg_notify('hestia_jobs', ''))sql"};

constexpr PgStatement kListFiles = {"list_files", R"sql(
  SELECT f.path, f.size_bytes, f.mtime_ns, f.inode, f.state, c.thumbhash, c.dominant_rgb,
         coalesce(c.damage, '')
  FROM files f LEFT JOIN contents c ON c.id = f.content_id
  WHERE f.library_id = $1 AND left(f.path, 512) >= left($2, 512) AND f.path > $2
  ORDER BY left(f.path, 512), f.path LIMIT $3)sql"};

constexpr PgStatement kListFailures = {"list_failures", R"sql(
  SELECT f.path, coalesce(xc.code, xf.code, 'UNKNOWN'), coalesce(xc.detail, xf.detail, ''),
         coalesce(xc.attempts, xf.attempts, 0),
         extract(epoch FROM coalesce(xc.failed_at, xf.failed_at, now()))::double precision
  FROM files f
  LEFT JOIN failures xc ON xc.content_id = f.content_id
  LEFT JOIN failures xf ON xf.file_id = f.id
  WHERE f.library_id = $1 AND f.state = 3 AND left(f.path, 512) >= left($2, 512) AND f.path > $2
  ORDER BY left(f.path, 512), f.path LIMIT $3)sql"};

// A lifted verdict is lifted for every file with these bytes: left FAILED, it would have no
// verdict to show.
constexpr PgStatement kQueueFiles = {"queue_files", R"sql(
  WITH told AS (
    SELECT f.id, f.content_id
    FROM unnest($2::text[]) AS told(path)
    JOIN files f ON f.library_id = $1 AND f.path_hash = sha256(convert_to(told.path, 'UTF8'))
  ), named AS (
    SELECT f.id, f.library_id, f.content_id, f.size_bytes, f.mtime_ns
    FROM files f
    WHERE f.id IN (SELECT id FROM told)
       OR (f.state = 3 AND f.content_id IN (SELECT content_id FROM told))
    ORDER BY f.id FOR NO KEY UPDATE OF f
  ), previous AS (
    INSERT INTO removed_files (library_id, inode, size_bytes, mtime_ns, content_id)
    SELECT library_id, NULL, size_bytes, mtime_ns, content_id FROM named
    WHERE content_id IS NOT NULL
  ), lifted AS (
    DELETE FROM failures x USING named n WHERE x.file_id = n.id OR x.content_id = n.content_id
  ), put AS (
    UPDATE files f SET state = 2, version = f.version + 1, content_id = NULL
    FROM named n WHERE f.id = n.id RETURNING f.id, f.library_id, f.version, f.path
  ), queued AS (
    INSERT INTO jobs AS j (file_id, library_id, wanted_version, order_key)
    SELECT id, library_id, version, $3 FROM put
    ON CONFLICT (file_id) DO UPDATE
      SET wanted_version = excluded.wanted_version, run_after = '-infinity', attempts = 0, tries = 0,
          last_error = '', order_key = least(j.order_key, excluded.order_key)
  )
  SELECT path FROM put WHERE id IN (SELECT id FROM told))sql"};

constexpr PgStatement kQueueMissing = {"queue_missing", R"sql(
  WITH missing AS (
    SELECT f.id FROM files f
    WHERE ($1::bigint IS NULL OR f.library_id = $1)
      AND NOT EXISTS (SELECT FROM jobs j WHERE j.file_id = f.id)
      AND NOT EXISTS (SELECT FROM failures x WHERE x.file_id = f.id)
      AND NOT EXISTS (SELECT FROM failures x WHERE x.content_id = f.content_id
                                               AND x.decoder_version = $3)
      AND (f.content_id IS NULL OR EXISTS (
        SELECT FROM recipes r WHERE r.is_current AND NOT EXISTS (
          SELECT FROM thumbnails n WHERE n.content_id = f.content_id AND n.recipe_id = r.id)))
  ), put AS (
    UPDATE files f SET state = 2 FROM missing m WHERE f.id = m.id
    RETURNING f.id, f.library_id, f.version
  ), queued AS (
    INSERT INTO jobs (file_id, library_id, wanted_version, order_key)
    SELECT id, library_id, version, $2 FROM put
    ON CONFLICT (file_id) DO NOTHING
    RETURNING 1
  )
  SELECT count(*) FROM queued)sql"};

constexpr PgStatement kNotifyJobs = {"notify_jobs", "SELECT pg_notify('hestia_jobs', '')"};

// Who is PENDING has a job.
constexpr PgStatement kCountJobs = {"count_jobs", R"sql(
  SELECT coalesce(sum(files), 0) FROM file_counts WHERE state = 2)sql"};

constexpr PgStatement kReadReplicas = {"read_replicas", R"sql(
  SELECT id, name, extract(epoch FROM started_at)::double precision, completed_jobs, failed_jobs,
         retried_jobs, rendered_images, active_workers, workers, throughput, processing_us, problem
  FROM replicas ORDER BY started_at, id)sql"};

constexpr PgStatement kReadLibraries = {"read_libraries", R"sql(
  SELECT l.name, l.state, l.listing, coalesce(e.replica_id, ''),
         coalesce(sum(c.files) FILTER (WHERE c.state = 1), 0),
         coalesce(sum(c.files) FILTER (WHERE c.state = 2), 0),
         coalesce(sum(c.files) FILTER (WHERE c.state = 3), 0), l.paused,
         (SELECT count(*) FROM files h WHERE h.library_id = l.id AND h.held)
  FROM libraries l
  LEFT JOIN library_leases e ON e.library_id = l.id AND e.expires_at >= now()
  LEFT JOIN file_counts c ON c.library_id = l.id
  GROUP BY l.id, e.replica_id ORDER BY l.name)sql"};

constexpr PgStatement kStanding = {"standing", R"sql(
  SELECT l.cursor_epoch, l.cursor_sequence, l.listing,
         EXISTS (SELECT FROM files f WHERE f.library_id = $1 AND f.state = 2
                                       AND f.changed_sequence <= $2),
         l.paused OR (SELECT paused FROM service_state),
         EXISTS (SELECT FROM files f WHERE f.library_id = $1 AND f.held)
  FROM libraries l WHERE l.id = $1)sql"};

constexpr PgStatement kAllPaused = {"all_paused", "SELECT paused FROM service_state"};

constexpr PgStatement kStatements[] = {
    kFindLibrary, kFindThumbnail, kLift,      kListFiles,    kListFailures,  kQueueFiles,
    kQueueMissing, kNotifyJobs,   kCountJobs, kReadReplicas, kReadLibraries, kStanding,
    kAllPaused};

std::uint64_t Unsigned(std::int64_t value) { return static_cast<std::uint64_t>(value); }

FileStamp ToStamp(const pqxx::row& row, int first) {
  return FileStamp{.size_bytes = row[first].as<std::int64_t>(),
                   .mtime_ns = row[first + 1].as<std::int64_t>(),
                   .inode = Unsigned(row[first + 2].as<std::int64_t>())};
}

Placeholder ToPlaceholder(const pqxx::field& thumbhash, const pqxx::field& dominant) {
  Placeholder placeholder;
  if (!thumbhash.is_null()) placeholder.thumbhash = pqxx::binarystring(thumbhash).str();
  if (!dominant.is_null()) placeholder.dominant = Rgb::FromPacked(dominant.as<std::uint32_t>());
  return placeholder;
}

absl::Time ToTime(const pqxx::field& seconds) {
  return absl::UnixEpoch() + absl::Seconds(seconds.as<double>());
}

ReplicaRow ToReplica(const pqxx::row& row) {
  return ReplicaRow{.id = row[0].as<std::string>(),
                    .name = row[1].as<std::string>(),
                    .started_at = ToTime(row[2]),
                    .completed_jobs = row[3].as<std::int64_t>(),
                    .failed_jobs = row[4].as<std::int64_t>(),
                    .retried_jobs = row[5].as<std::int64_t>(),
                    .rendered_images = row[6].as<std::int64_t>(),
                    .active_workers = row[7].as<int>(),
                    .workers = row[8].as<int>(),
                    .throughput_per_second = row[9].as<double>(),
                    .processing_time = absl::Microseconds(row[10].as<std::int64_t>()),
                    .problem = row[11].as<std::string>()};
}

LibraryRow ToLibrary(const pqxx::row& row) {
  return LibraryRow{.name = row[0].as<std::string>(),
                    .state = row[1].as<std::string>(),
                    .ready_files = row[4].as<std::int64_t>(),
                    .pending_files = row[5].as<std::int64_t>(),
                    .failed_files = row[6].as<std::int64_t>(),
                    .ingest_replica_id = row[3].as<std::string>(),
                    .listing = row[2].as<bool>(),
                    .paused = row[7].as<bool>(),
                    .held_removals = row[8].as<std::int64_t>()};
}

}  // namespace

PgCatalog::PgCatalog(const std::string& url, std::string decoder_version, int connections)
    : pool_(url, kStatements, connections), decoder_version_(std::move(decoder_version)) {}

absl::StatusOr<std::int64_t> PgCatalog::FindLibrary(absl::string_view name) {
  return pool_.Transact([&](pqxx::work& tx) -> absl::StatusOr<std::int64_t> {
    const pqxx::result row = tx.exec_prepared(kFindLibrary.name, PgText(name));
    if (!row.empty()) return row[0][0].as<std::int64_t>();
    return WithReason(absl::NotFoundError(absl::StrCat(
                          "no library \"", name, "\"; WatcherService.ListLibraries names them")),
                      "LIBRARY_UNKNOWN", "library");
  });
}

absl::StatusOr<ThumbnailAnswer> PgCatalog::FindThumbnail(std::int64_t library_id,
                                                         absl::string_view path,
                                                         const StoredRecipe& recipe) {
  return pool_.Transact([&](pqxx::work& tx) -> absl::StatusOr<ThumbnailAnswer> {
    const pqxx::result rows =
        tx.exec_prepared(kFindThumbnail.name, library_id, std::string(path), recipe.id,
                         recipe.recipe.name);
    if (rows.empty()) return ThumbnailAnswer(UnknownFile{});
    const pqxx::row row = rows[0];
    if (!row[2].is_null()) {
      return ThumbnailAnswer(StoredThumbnail{.media_type = row[2].as<std::string>(),
                                             .width_px = row[3].as<int>(),
                                             .height_px = row[4].as<int>(),
                                             .data = pqxx::binarystring(row[5]).str(),
                                             .placeholder = ToPlaceholder(row[9], row[10]),
                                             .damage = row[11].as<std::string>()});
    }
    if (row[1].as<int>() == static_cast<int>(FileStatus::kFailed)) {
      return ThumbnailAnswer(Verdict{row[6].as<std::string>("UNKNOWN"), row[7].as<std::string>("")});
    }
    return ThumbnailAnswer(StillPending{row[0].as<std::int64_t>(), row[8].as<bool>()});
  });
}

absl::Status PgCatalog::Lift(std::int64_t file_id) {
  return pool_.Transact([&](pqxx::work& tx) -> absl::Status {
    tx.exec_prepared(kLift.name, file_id, OrderKey(absl::Now(), JobClass::kInteractive));
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<FileRow>> PgCatalog::ListFiles(std::int64_t library_id,
                                                          absl::string_view after, int limit) {
  return pool_.Transact([&](pqxx::work& tx) -> absl::StatusOr<std::vector<FileRow>> {
    std::vector<FileRow> files;
    for (const pqxx::row row :
         tx.exec_prepared(kListFiles.name, library_id, std::string(after), limit)) {
      files.push_back(FileRow{.path = row[0].as<std::string>(),
                              .stamp = ToStamp(row, 1),
                              .status = static_cast<FileStatus>(row[4].as<int>()),
                              .placeholder = ToPlaceholder(row[5], row[6]),
                              .damage = row[7].as<std::string>()});
    }
    return files;
  });
}

absl::StatusOr<std::vector<FailureRow>> PgCatalog::ListFailures(std::int64_t library_id,
                                                                absl::string_view after,
                                                                int limit) {
  return pool_.Transact([&](pqxx::work& tx) -> absl::StatusOr<std::vector<FailureRow>> {
    std::vector<FailureRow> failures;
    for (const pqxx::row row :
         tx.exec_prepared(kListFailures.name, library_id, std::string(after), limit)) {
      failures.push_back(
          FailureRow{.path = row[0].as<std::string>(),
                     .verdict = Verdict{row[1].as<std::string>(), row[2].as<std::string>()},
                     .attempts = row[3].as<int>(),
                     .failed_at = ToTime(row[4])});
    }
    return failures;
  });
}

absl::StatusOr<std::vector<std::string>> PgCatalog::QueueFiles(
    std::int64_t library_id, const std::vector<std::string>& paths) {
  return pool_.Transact([&](pqxx::work& tx) -> absl::StatusOr<std::vector<std::string>> {
    std::vector<std::string> known;
    for (const pqxx::row row : tx.exec_prepared(kQueueFiles.name, library_id, PgArray(paths),
                                                OrderKey(absl::Now(), JobClass::kLive))) {
      known.push_back(row[0].as<std::string>());
    }
    tx.exec_prepared(kNotifyJobs.name);
    return known;
  });
}

absl::StatusOr<std::int64_t> PgCatalog::QueueMissing(std::optional<std::int64_t> library_id) {
  return pool_.Transact([&](pqxx::work& tx) -> absl::StatusOr<std::int64_t> {
    const std::string library = library_id ? absl::StrCat(*library_id) : "";
    const std::int64_t queued =
        tx.exec_prepared1(kQueueMissing.name, library_id ? library.c_str() : nullptr,
                          OrderKey(absl::Now(), JobClass::kBackfill), decoder_version_)[0]
            .as<std::int64_t>();
    tx.exec_prepared(kNotifyJobs.name);
    return queued;
  });
}

absl::StatusOr<CatalogStats> PgCatalog::ReadStats() {
  return pool_.Transact([&](pqxx::work& tx) -> absl::StatusOr<CatalogStats> {
    CatalogStats stats;
    stats.jobs = tx.exec_prepared1(kCountJobs.name)[0].as<std::int64_t>();
    stats.paused = tx.exec_prepared1(kAllPaused.name)[0].as<bool>();
    for (const pqxx::row row : tx.exec_prepared(kReadReplicas.name)) {
      stats.replicas.push_back(ToReplica(row));
    }
    for (const pqxx::row row : tx.exec_prepared(kReadLibraries.name)) {
      stats.libraries.push_back(ToLibrary(row));
    }
    return stats;
  });
}

absl::StatusOr<SyncStanding> PgCatalog::Standing(std::int64_t library_id, const Cursor& point) {
  return pool_.Transact([&](pqxx::work& tx) -> absl::StatusOr<SyncStanding> {
    SyncStanding standing;
    const pqxx::result rows =
        tx.exec_prepared(kStanding.name, library_id, static_cast<std::int64_t>(point.sequence));
    if (rows.empty()) return standing;
    const pqxx::row row = rows[0];
    standing.work_left = row[3].as<bool>();
    standing.paused = row[4].as<bool>();
    standing.removals_held = row[5].as<bool>();
    if (row[0].is_null()) return standing;
    standing.same_epoch = Unsigned(row[0].as<std::int64_t>()) == point.epoch;
    standing.reached = standing.same_epoch && !row[2].as<bool>() && !row[3].as<bool>() &&
                       Unsigned(row[1].as<std::int64_t>()) >= point.sequence;
    return standing;
  });
}

}  // namespace hestia
