#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_INGEST_SQL_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_INGEST_SQL_H_

#include "thumbnail-service/store/pg_session.h"

namespace hestia {

// The statements of PgIngestStore. Paths are compared through left(path, 512) as well, because
// that is what the index is ordered by; in collation "C" the prefix orders as the path does.

// Excludes a takeover, which locks FOR UPDATE, and not the renewal of the lease meanwhile.
constexpr PgStatement kLockLease = {"lock_lease", R"sql(
  SELECT 1 FROM library_leases WHERE library_id = $1 AND token = $2 FOR KEY SHARE)sql"};

// Waits until no transaction of the session before can commit any more, should the server be
// still busy with one whose client has gone.
constexpr PgStatement kLockLeaseAlone = {"lock_lease_alone", R"sql(
  SELECT 1 FROM library_leases WHERE library_id = $1 AND token = $2 FOR UPDATE)sql"};

constexpr PgStatement kLoadCursor = {"load_cursor", R"sql(
  SELECT cursor_epoch, cursor_sequence FROM libraries WHERE id = $1)sql"};

constexpr PgStatement kStoreCursor = {"store_cursor", R"sql(
  UPDATE libraries SET cursor_epoch = $2, cursor_sequence = $3 WHERE id = $1)sql"};

constexpr PgStatement kSetListing = {"set_listing", R"sql(
  UPDATE libraries SET listing = $2 WHERE id = $1 AND listing <> $2)sql"};

constexpr PgStatement kFindByPath = {"find_by_path", R"sql(
  SELECT f.id, f.path, f.size_bytes, f.mtime_ns, f.inode, f.state, f.marked OR f.held,
         f.state = 3 AND EXISTS (SELECT FROM failures x WHERE x.file_id = f.id)
  FROM unnest($2::text[]) AS told(path)
  JOIN files f ON f.library_id = $1 AND f.path_hash = sha256(convert_to(told.path, 'UTF8')))sql"};

constexpr PgStatement kReadRange = {"read_range", R"sql(
  SELECT id, path, size_bytes, mtime_ns, inode, state, marked OR held
  FROM files
  WHERE library_id = $1 AND left(path, 512) >= left($2, 512) AND left(path, 512) <= left($3, 512)
    AND path >= $2 AND path < $3
  ORDER BY left(path, 512), path LIMIT $4)sql"};

// Results are stored under locks taken in the order of id; whoever locks several files does
// the same, or the two would wait for each other.
constexpr PgStatement kLockPaths = {"lock_paths", R"sql(
  SELECT f.id FROM unnest($2::text[]) AS told(path)
  JOIN files f ON f.library_id = $1 AND f.path_hash = sha256(convert_to(told.path, 'UTF8'))
  ORDER BY f.id FOR UPDATE OF f)sql"};

// One statement from what was told to rows, identities, verdicts and jobs. `previous` reads
// the rows as they were before: all parts of a statement see one snapshot.
constexpr PgStatement kPut = {"put", R"sql(
  WITH told AS (
    SELECT t.*, sha256(convert_to(t.path, 'UTF8')) AS path_hash
    FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::boolean[])
         AS t(path, size_bytes, mtime_ns, inode, rewritten)
  ), resolved AS (
    SELECT t.*, i.content_id,
           CASE WHEN i.content_id IS NULL THEN 2
                WHEN EXISTS (SELECT FROM failures x WHERE x.content_id = i.content_id
                                                      AND x.decoder_version = $9) THEN 3
                WHEN EXISTS (SELECT FROM recipes r WHERE r.is_current AND NOT EXISTS
                               (SELECT FROM thumbnails n WHERE n.content_id = i.content_id
                                                           AND n.recipe_id = r.id)) THEN 2
                ELSE 1 END AS state
    FROM told t
    LEFT JOIN LATERAL (
      SELECT s.content_id FROM (
        SELECT f.content_id FROM files f
        WHERE f.library_id = $1 AND f.inode = t.inode AND f.size_bytes = t.size_bytes
          AND f.mtime_ns = t.mtime_ns AND f.content_id IS NOT NULL
        UNION ALL
        SELECT r.content_id FROM removed_files r
        WHERE r.library_id = $1 AND r.inode = t.inode AND r.size_bytes = t.size_bytes
          AND r.mtime_ns = t.mtime_ns) s
      LIMIT 1) i ON NOT t.rewritten
  ), previous AS (
    INSERT INTO removed_files (library_id, inode, size_bytes, mtime_ns, content_id)
    SELECT f.library_id,
           CASE WHEN (f.size_bytes, f.mtime_ns, f.inode) = (t.size_bytes, t.mtime_ns, t.inode)
                THEN NULL ELSE f.inode END,
           f.size_bytes, f.mtime_ns, f.content_id
    FROM told t JOIN files f ON f.library_id = $1 AND f.path_hash = t.path_hash
    WHERE f.content_id IS NOT NULL
  ), put AS (
    INSERT INTO files AS f (library_id, path, path_hash, size_bytes, mtime_ns, inode, content_id,
                            state, changed_sequence)
    SELECT $1, path, path_hash, size_bytes, mtime_ns, inode, content_id, state, $7 FROM resolved
    ON CONFLICT (library_id, path_hash) DO UPDATE
      SET size_bytes = excluded.size_bytes, mtime_ns = excluded.mtime_ns, inode = excluded.inode,
          content_id = excluded.content_id, state = excluded.state, version = f.version + 1,
          changed_sequence = excluded.changed_sequence, marked = false, held = false
    RETURNING f.id, f.version, f.state, f.ctid AS place
  ), forgotten AS (
    DELETE FROM failures x USING put p WHERE x.file_id = p.id
  ), settled AS (
    DELETE FROM jobs j USING put p WHERE j.file_id = p.id AND p.state <> 2
  ), queued AS (
    INSERT INTO jobs AS j (file_id, library_id, wanted_version, order_key, file_place)
    SELECT id, $1, version, $8, place FROM put WHERE state = 2
    ON CONFLICT (file_id) DO UPDATE
      SET wanted_version = excluded.wanted_version, run_after = '-infinity', attempts = 0, tries = 0,
          last_error = '', order_key = least(j.order_key, excluded.order_key),
          file_place = excluded.file_place
  )
  SELECT count(*) FILTER (WHERE state = 2), count(*) FILTER (WHERE state <> 2) FROM put)sql"};

constexpr PgStatement kRemovePaths = {"remove_paths", R"sql(
  WITH gone AS (
    DELETE FROM files f USING unnest($2::text[]) AS told(path)
    WHERE f.library_id = $1 AND f.path_hash = sha256(convert_to(told.path, 'UTF8'))
    RETURNING f.library_id, f.inode, f.size_bytes, f.mtime_ns, f.content_id
  ), kept AS (
    INSERT INTO removed_files (library_id, inode, size_bytes, mtime_ns, content_id)
    SELECT * FROM gone WHERE content_id IS NOT NULL
  )
  SELECT count(*) FROM gone)sql"};

// $2 is the directory followed by '/', $3 by '0', the byte after it.
constexpr PgStatement kRemoveSubtree = {"remove_subtree", R"sql(
  WITH doomed AS MATERIALIZED (
    SELECT id FROM files
    WHERE library_id = $1 AND left(path, 512) >= left($2, 512) AND left(path, 512) <= left($3, 512)
      AND path > $2 AND path < $3
    ORDER BY id FOR UPDATE
  ), gone AS (
    DELETE FROM files f USING doomed WHERE f.id = doomed.id
    RETURNING f.library_id, f.inode, f.size_bytes, f.mtime_ns, f.content_id
  ), kept AS (
    INSERT INTO removed_files (library_id, inode, size_bytes, mtime_ns, content_id)
    SELECT * FROM gone WHERE content_id IS NOT NULL
  )
  SELECT count(*) FROM gone)sql"};

constexpr PgStatement kRemoveMarked = {"remove_marked", R"sql(
  WITH doomed AS MATERIALIZED (
    SELECT id FROM files WHERE library_id = $1 AND marked AND NOT held
    ORDER BY id LIMIT $2 FOR UPDATE
  ), gone AS (
    DELETE FROM files f USING doomed WHERE f.id = doomed.id
    RETURNING f.library_id, f.inode, f.size_bytes, f.mtime_ns, f.content_id
  ), kept AS (
    INSERT INTO removed_files (library_id, inode, size_bytes, mtime_ns, content_id)
    SELECT * FROM gone WHERE content_id IS NOT NULL
  )
  SELECT count(*) FROM gone)sql"};

constexpr PgStatement kMark = {"mark", R"sql(
  UPDATE files SET marked = $2, held = held AND $2 WHERE id = ANY($1::bigint[]))sql"};

// Held already: a listing before this one missed them as well.
constexpr PgStatement kCountMarked = {"count_marked", R"sql(
  SELECT count(*) FROM files WHERE library_id = $1 AND marked AND NOT held)sql"};

constexpr PgStatement kCountFiles = {"count_files", R"sql(
  SELECT count(*) FROM files WHERE library_id = $1)sql"};

constexpr PgStatement kHoldMarked = {"hold_marked", R"sql(
  WITH doubtful AS MATERIALIZED (
    SELECT id FROM files WHERE library_id = $1 AND marked AND NOT held ORDER BY id FOR UPDATE
  ), held AS (
    UPDATE files f SET held = true, marked = false FROM doubtful d WHERE f.id = d.id RETURNING 1
  )
  SELECT count(*) FROM held)sql"};

// A verdict reached before the bytes could be read for want of permission.
constexpr PgStatement kRetryUnreadable = {"retry_unreadable", R"sql(
  WITH unread AS MATERIALIZED (
    SELECT f.id FROM files f JOIN failures x ON x.file_id = f.id
    WHERE f.library_id = $1 AND f.state = 3 AND x.code = 'UNREADABLE'
    ORDER BY f.id FOR UPDATE OF f
  ), lifted AS (
    DELETE FROM failures x USING unread u WHERE x.file_id = u.id
  ), put AS (
    UPDATE files f SET state = 2 FROM unread u WHERE f.id = u.id
    RETURNING f.id, f.library_id, f.version
  ), queued AS (
    INSERT INTO jobs (file_id, library_id, wanted_version, order_key)
    SELECT id, library_id, version, $2 FROM put
    ON CONFLICT (file_id) DO NOTHING
  )
  SELECT count(*) FROM put)sql"};

constexpr PgStatement kClearMarks = {"clear_marks", R"sql(
  UPDATE files SET marked = false WHERE library_id = $1 AND marked)sql"};

constexpr PgStatement kMarkRange = {"mark_range", R"sql(
  UPDATE files SET marked = true
  WHERE library_id = $1 AND NOT marked AND left(path, 512) >= left($2, 512)
    AND left(path, 512) <= left($3, 512) AND path >= $2 AND path < $3)sql"};

// $2 is a path, $3 the path followed by '0', the byte after '/'.
constexpr PgStatement kSpare = {"spare", R"sql(
  UPDATE files SET marked = false
  WHERE library_id = $1 AND marked AND left(path, 512) >= left($2, 512)
    AND left(path, 512) <= left($3, 512)
    AND (path = $2 OR path >= $2::text || '/' AND path < $3))sql"};

// Once per transaction: PostgreSQL sends it with the commit, merged with its like.
constexpr PgStatement kNotifyJobs = {"notify_jobs", "SELECT pg_notify('hestia_jobs', '')"};
constexpr PgStatement kNotifyProgress = {"notify_progress",
                                         "SELECT pg_notify('hestia_progress', '')"};

constexpr PgStatement kIngestStatements[] = {
    kLockLease,    kLockLeaseAlone, kLockPaths,     kLoadCursor,    kStoreCursor,  kSetListing, kFindByPath, kReadRange,
    kPut,          kRemovePaths,   kRemoveSubtree, kRemoveMarked, kMark,     kClearMarks, kCountMarked, kCountFiles, kHoldMarked, kRetryUnreadable,
    kMarkRange,    kSpare,         kNotifyJobs, kNotifyProgress};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_INGEST_SQL_H_
