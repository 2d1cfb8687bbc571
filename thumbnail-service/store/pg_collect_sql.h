#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_COLLECT_SQL_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_COLLECT_SQL_H_

#include "thumbnail-service/store/pg_session.h"

namespace hestia {

// Collection of removed files, by upkeep and on request. $1: the grace in seconds. One row:
// identities, contents, thumbnails, bytes of these.

// Ahead of every statement that deletes by what others refer to: of two at once each would spare
// what the other's rows refer to yet, and nothing would ever come back to it.
inline constexpr PgStatement kLockCollection = {"lock_collection",
                                                "SELECT pg_advisory_xact_lock(104111110)"};

// One batch, under the lock. The foreign keys of files and removed_files are the second look: a
// content that is attached between this statement's snapshot and its delete makes the delete
// fail, not the attachment.
inline constexpr PgStatement kCollectRemoved = {"collect_removed", R"sql(
  WITH expired AS (
    DELETE FROM removed_files WHERE id IN (
      SELECT id FROM removed_files WHERE removed_at <= now() - make_interval(secs => $1)
      ORDER BY removed_at LIMIT 10000)
    RETURNING id, content_id
  ), gone AS (
    DELETE FROM contents c USING (SELECT DISTINCT content_id FROM expired) e
    WHERE c.id = e.content_id
      AND NOT EXISTS (SELECT FROM files f WHERE f.content_id = c.id)
      AND NOT EXISTS (SELECT FROM removed_files r WHERE r.content_id = c.id
                        AND r.id NOT IN (SELECT id FROM expired))
    RETURNING id
  )
  SELECT (SELECT count(*) FROM expired), (SELECT count(*) FROM gone), count(n.content_id),
         coalesce(sum(octet_length(n.data)), 0)::bigint
  FROM gone JOIN thumbnails n ON n.content_id = gone.id)sql"};

// What all batches together would delete.
inline constexpr PgStatement kCountCollectable = {"count_collectable", R"sql(
  WITH expired AS (
    SELECT id, content_id FROM removed_files WHERE removed_at <= now() - make_interval(secs => $1)
  ), gone AS (
    SELECT DISTINCT content_id AS id FROM expired e
    WHERE NOT EXISTS (SELECT FROM files f WHERE f.content_id = e.content_id)
      AND NOT EXISTS (SELECT FROM removed_files r
                      WHERE r.content_id = e.content_id
                        AND r.removed_at > now() - make_interval(secs => $1))
  )
  SELECT (SELECT count(*) FROM expired), (SELECT count(*) FROM gone), count(n.content_id),
         coalesce(sum(octet_length(n.data)), 0)::bigint
  FROM gone JOIN thumbnails n ON n.content_id = gone.id)sql"};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_COLLECT_SQL_H_
