#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_JOB_QUEUE_SQL_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_JOB_QUEUE_SQL_H_

#include "thumbnail-service/store/pg_session.h"

namespace hestia {

// The statements of PgJobQueue, but for those of a finish (pg_finish_sql.h).

// MATERIALIZED: the planner must not fold the locked selection into the update, or it may
// lock more rows than it returns. The locked rows are then reached by their place (ctid), which
// nobody can change any more, and their files by the hint the jobs have: by their ids it would be
// a walk over all former states that an old transaction keeps. A job that was changed between the
// look and its lock is at a place that the statement does not see yet, and is left to the next
// look, half a second later at the most; whoever changed it announces it besides.
constexpr PgStatement kClaim = {"claim", R"sql(
  WITH next AS MATERIALIZED (
    SELECT soonest.file_id, soonest.place, soonest.file_place
    FROM unnest($2::bigint[]) AS mine(library_id)
    JOIN libraries l ON l.id = mine.library_id AND NOT l.paused
      AND NOT (SELECT paused FROM service_state)
    CROSS JOIN LATERAL (
      SELECT j.file_id, j.ctid AS place, j.file_place, j.order_key FROM jobs j
      WHERE j.library_id = mine.library_id AND j.claim_token IS NULL AND j.run_after <= now()
        AND j.order_key >= $4 AND (j.crashes = 0 OR j.crashed_version <> j.wanted_version)
      ORDER BY j.order_key LIMIT $3
      FOR UPDATE SKIP LOCKED) AS soonest
    ORDER BY soonest.order_key LIMIT $3
  )
  UPDATE jobs j
  SET claim_token = nextval('claim_tokens'), claimed_by = $1, claimed_version = j.wanted_version,
      claimed_at = now()
  FROM next CROSS JOIN LATERAL (
    SELECT h.path, h.size_bytes, h.mtime_ns, h.inode FROM files h
    WHERE h.ctid = next.file_place AND h.id = next.file_id
    UNION ALL
    SELECT i.path, i.size_bytes, i.mtime_ns, i.inode FROM files i WHERE i.id = next.file_id
    LIMIT 1) AS f
  WHERE j.ctid = next.place
  RETURNING j.file_id, j.claim_token, j.claimed_version, j.library_id, f.path, f.size_bytes,
            f.mtime_ns, f.inode, j.attempts, j.order_key, j.tries, 0)sql"};

constexpr PgStatement kClaimSuspect = {"claim_suspect", R"sql(
  WITH next AS MATERIALIZED (
    SELECT file_id FROM jobs
    WHERE library_id IN (SELECT id FROM libraries WHERE id = ANY($2::bigint[]) AND NOT paused)
      AND NOT (SELECT paused FROM service_state)
      AND crashes > 0 AND crashed_version = wanted_version
      AND claim_token IS NULL AND run_after <= now()
    ORDER BY order_key LIMIT 1 FOR UPDATE SKIP LOCKED
  )
  UPDATE jobs j
  SET claim_token = nextval('claim_tokens'), claimed_by = $1, claimed_version = j.wanted_version,
      claimed_at = now()
  FROM next JOIN files f ON f.id = next.file_id
  WHERE j.file_id = next.file_id
  RETURNING j.file_id, j.claim_token, j.claimed_version, j.library_id, f.path, f.size_bytes,
            f.mtime_ns, f.inode, j.attempts, j.order_key, j.tries, j.crashes)sql"};

constexpr PgStatement kSuspectsWait = {"suspects_wait", R"sql(
  SELECT EXISTS (SELECT FROM jobs
    WHERE library_id IN (SELECT id FROM libraries WHERE id = ANY($1::bigint[]) AND NOT paused)
      AND NOT (SELECT paused FROM service_state)
      AND crashes > 0 AND crashed_version = wanted_version
      AND claim_token IS NULL AND run_after <= now()))sql"};

constexpr PgStatement kLookUp = {"look_up", R"sql(
  SELECT t.position - 1, r.id, r.definition, x.code, x.detail
  FROM unnest($1::bytea[], $2::bigint[]) WITH ORDINALITY AS t(digest, size_bytes, position)
  CROSS JOIN recipes r
  LEFT JOIN contents c ON c.digest = t.digest AND c.size_bytes = t.size_bytes
  LEFT JOIN failures x ON x.content_id = c.id AND x.decoder_version = $3
  WHERE r.is_current AND NOT EXISTS (
    SELECT FROM thumbnails n WHERE n.content_id = c.id AND n.recipe_id = r.id))sql"};

constexpr PgStatement kRelease = {"release", R"sql(
  UPDATE jobs
  SET claim_token = NULL, claimed_by = NULL, attempts = attempts + $3, tries = tries + 1,
      last_error = $5,
      run_after = CASE WHEN wanted_version > claimed_version THEN '-infinity'::timestamptz
                       ELSE now() + make_interval(secs => $4) END
  WHERE file_id = $1 AND claim_token = $2)sql"};

// By what a claim does not change, so that one that is just being committed is waited for.
constexpr PgStatement kLockJobs = {"lock_jobs", R"sql(
  SELECT FROM jobs WHERE file_id = ANY($1::bigint[]) ORDER BY file_id FOR NO KEY UPDATE)sql"};

constexpr PgStatement kUndoClaims = {"undo_claims", R"sql(
  UPDATE jobs SET claim_token = NULL, claimed_by = NULL WHERE claim_token = ANY($1::bigint[]))sql"};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_JOB_QUEUE_SQL_H_
