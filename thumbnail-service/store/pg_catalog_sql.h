#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_CATALOG_SQL_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_CATALOG_SQL_H_

#include "thumbnail-service/store/pg_session.h"

namespace hestia {

// The statements of PgCatalog. Paths are compared as in pg_ingest_sql.h.

constexpr PgStatement kFindLibrary = {"find_library", "SELECT id FROM libraries WHERE name = $1"};

// Of two verdicts the file's own is the later one: whoever has it tried again lifts it before.
constexpr PgStatement kFindThumbnail = {"find_thumbnail", R"sql(
  SELECT f.id, f.state, t.media_type, t.width_px, t.height_px, t.data,
         coalesce(xf.code, xc.code), coalesce(xf.detail, xc.detail),
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
    UPDATE files SET state = 2 WHERE id = $1 AND state <> 3 RETURNING id, library_id, version
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
  SELECT f.path, coalesce(xf.code, xc.code, 'UNKNOWN'), coalesce(xf.detail, xc.detail, ''),
         coalesce(xf.attempts, xc.attempts, 0),
         extract(epoch FROM coalesce(xf.failed_at, xc.failed_at, now()))::double precision
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

constexpr PgStatement kCatalogStatements[] = {
    kFindLibrary, kFindThumbnail, kLift,      kListFiles,    kListFailures,  kQueueFiles,
    kQueueMissing, kNotifyJobs,   kCountJobs, kReadReplicas, kReadLibraries, kStanding,
    kAllPaused};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_CATALOG_SQL_H_
