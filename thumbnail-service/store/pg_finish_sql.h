#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_FINISH_SQL_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_FINISH_SQL_H_

#include "thumbnail-service/store/pg_session.h"

namespace hestia {

// The statements of FinishBatch, in the order in which it runs them.

// Tells where the locked rows lie (ctid), which holds until the transaction ends. A row that was
// written elsewhere while its lock was waited for may be missing from the answer.
constexpr PgStatement kLockClaimed = {"lock_claimed", R"sql(
  SELECT f.id, f.ctid
  FROM unnest($1::bigint[]) AS told(token) JOIN jobs j ON j.claim_token = told.token
  CROSS JOIN LATERAL (
    SELECT h.ctid AS place FROM files h WHERE h.ctid = j.file_place AND h.id = j.file_id
    UNION ALL
    SELECT i.ctid FROM files i WHERE i.id = j.file_id
    LIMIT 1) AS found
  JOIN files f ON f.ctid = found.place
  ORDER BY f.id FOR NO KEY UPDATE OF f)sql"};

// The same by id alone: waits as long as it takes, and passes every former state of the rows.
constexpr PgStatement kLockFiles = {"lock_files", R"sql(
  SELECT id, ctid FROM files WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE)sql"};

// A statement of its own, so that it sees what was committed before the files were locked.
// Whoever changes a claimed job locks its file first, so nothing changes after this look.
constexpr PgStatement kReadClaims = {"read_claims", R"sql(
  SELECT t.position - 1, j.wanted_version = j.claimed_version
  FROM unnest($1::bigint[]) WITH ORDINALITY AS t(token, position)
  JOIN jobs j ON j.claim_token = t.token)sql"};

// Whoever delivers a result of a file lives, whatever it was taken for: what was counted as deaths
// with this file in work were none of its doing.
constexpr PgStatement kAbsolve = {"absolve", R"sql(
  WITH told AS (
    SELECT * FROM unnest($1::bigint[], $2::bigint[]) AS t(file_id, version)
  ), cleared AS (
    UPDATE jobs j SET crashes = 0 FROM told t
    WHERE j.file_id = t.file_id AND j.crashes > 0 AND j.crashed_version = t.version
  ), lifted AS (
    DELETE FROM failures x USING told t
    WHERE x.file_id = t.file_id AND x.file_version = t.version AND x.code = 'REPLICA_DIED'
    RETURNING x.file_id
  ), put AS (
    UPDATE files f SET state = 2 FROM lifted l WHERE f.id = l.file_id
    RETURNING f.id, f.library_id, f.version
  )
  INSERT INTO jobs (file_id, library_id, wanted_version, order_key)
  SELECT id, library_id, version, $3 FROM put
  ON CONFLICT (file_id) DO NOTHING)sql"};

constexpr PgStatement kUnclaim = {"unclaim", R"sql(
  UPDATE jobs SET claim_token = NULL, claimed_by = NULL
  WHERE file_id = ANY($1::bigint[]))sql"};

// The update is what locks a row, so that collection cannot take it before it is attached.
constexpr PgStatement kPutContents = {"put_contents", R"sql(
  WITH told AS (
    SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::integer[], $4::integer[], $5::bigint[],
                         $6::bigint[], $8::bytea[], $9::bigint[], $10::text[])
      WITH ORDINALITY AS t(digest, size_bytes, width_px, height_px, read_us, render_us, thumbhash,
                           dominant_rgb, damage, position)
  ), put AS (
    INSERT INTO contents AS c (digest, size_bytes, width_px, height_px, read_us, render_us,
                               rendered_by, thumbhash, dominant_rgb, damage)
    SELECT digest, size_bytes, max(width_px), max(height_px), max(read_us), max(render_us),
           CASE WHEN max(render_us) > 0 THEN $7 ELSE '' END,
           (array_agg(thumbhash) FILTER (WHERE thumbhash <> ''))[1],
           (array_agg(dominant_rgb) FILTER (WHERE dominant_rgb >= 0))[1], max(damage)
    FROM told
    GROUP BY digest, size_bytes ORDER BY digest, size_bytes
    ON CONFLICT (digest, size_bytes) DO UPDATE
      SET width_px = greatest(c.width_px, excluded.width_px),
          height_px = greatest(c.height_px, excluded.height_px),
          thumbhash = coalesce(excluded.thumbhash, c.thumbhash),
          damage = CASE WHEN excluded.thumbhash IS NULL THEN c.damage ELSE excluded.damage END,
          dominant_rgb = CASE WHEN excluded.thumbhash IS NULL THEN c.dominant_rgb
                              ELSE excluded.dominant_rgb END,
          read_us = CASE WHEN excluded.render_us > 0 THEN excluded.read_us ELSE c.read_us END,
          render_us = CASE WHEN excluded.render_us > 0 THEN excluded.render_us
                           ELSE c.render_us END,
          rendered_by = CASE WHEN excluded.render_us > 0 THEN excluded.rendered_by
                             ELSE c.rendered_by END
    RETURNING id, digest, size_bytes
  )
  SELECT told.position - 1, put.id FROM told JOIN put USING (digest, size_bytes))sql"};

// The contents' rows are locked by now, so nobody else puts thumbnails of theirs meanwhile and no
// conflict has to be provided for, which would cost a record each. Whoever shares keeps its own
// bytes unless the row it would name is put here with its bytes: one that was there before may be
// a sharer, or another release's.
constexpr PgStatement kPutThumbnails = {"put_thumbnails", R"sql(
  WITH told AS (
    SELECT DISTINCT ON (content_id, recipe_id) *
    FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::integer[], $5::integer[],
                $6::bytea[], $7::bigint[])
      WITH ORDINALITY AS t(content_id, recipe_id, media_type, width_px, height_px, data, shares,
                           position)
    WHERE NOT EXISTS (SELECT FROM thumbnails n WHERE n.content_id = t.content_id
                                                 AND n.recipe_id = t.recipe_id)
    ORDER BY content_id, recipe_id, position
  ), placed AS (
    SELECT t.*, t.shares <> 0 AND EXISTS (
             SELECT FROM told h WHERE h.content_id = t.content_id AND h.recipe_id = t.shares
                                  AND h.shares = 0) AS shared
    FROM told t
  )
  INSERT INTO thumbnails (content_id, recipe_id, media_type, width_px, height_px, data,
                          shares_recipe_id)
  SELECT content_id, recipe_id, media_type, width_px, height_px,
         CASE WHEN NOT shared THEN data END, CASE WHEN shared THEN shares END
  FROM placed)sql"};

constexpr PgStatement kPutContentFailure = {"put_content_failure", R"sql(
  INSERT INTO failures (content_id, decoder_version, code, detail, attempts)
  VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (content_id) DO UPDATE
    SET decoder_version = excluded.decoder_version, code = excluded.code,
        detail = excluded.detail, attempts = excluded.attempts, failed_at = now())sql"};

constexpr PgStatement kPutFileFailure = {"put_file_failure", R"sql(
  INSERT INTO failures (file_id, file_version, decoder_version, code, detail, attempts)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (file_id) DO UPDATE
    SET file_version = excluded.file_version, decoder_version = excluded.decoder_version,
        code = excluded.code, detail = excluded.detail, attempts = excluded.attempts,
        failed_at = now())sql"};

// Thumbnails that were there when a file was read may have been collected since: then it is not
// READY and its job stays. A file that could not be read keeps the bytes its version is known to
// have, and so its thumbnails. Other bytes than those under an unchanged stamp leave the former ones
// to collection, and without an inode: nobody may take them over by that stamp.
constexpr PgStatement kSettle = {"settle", R"sql(
  WITH told AS MATERIALIZED (
    SELECT t.place, t.token, nullif(t.content_id, 0) AS content_id, t.state, t.position,
           t.state = 3 OR NOT EXISTS (
             SELECT FROM recipes r WHERE r.is_current AND NOT EXISTS (
               SELECT FROM thumbnails n WHERE n.content_id = t.content_id
                                          AND n.recipe_id = r.id)) AS complete
    FROM unnest($1::tid[], $2::bigint[], $3::bigint[], $4::integer[])
      WITH ORDINALITY AS t(place, token, content_id, state, position)
  ), previous AS (
    INSERT INTO removed_files (library_id, inode, size_bytes, mtime_ns, content_id)
    SELECT f.library_id, NULL, f.size_bytes, f.mtime_ns, f.content_id
    FROM told t JOIN files f ON f.ctid = t.place WHERE f.content_id <> t.content_id
  ), settled AS (
    UPDATE files f SET content_id = coalesce(t.content_id, f.content_id),
                       state = CASE WHEN t.complete THEN t.state ELSE f.state END
    FROM told t WHERE f.ctid = t.place RETURNING 1
  ), ended AS (
    DELETE FROM jobs j USING told t WHERE j.claim_token = t.token AND t.complete
  ), kept AS (
    UPDATE jobs j SET claim_token = NULL, claimed_by = NULL
    FROM told t WHERE j.claim_token = t.token AND NOT t.complete
  )
  SELECT position - 1, complete, (SELECT count(*) FROM settled) FROM told)sql"};

constexpr PgStatement kFinishStatements[] = {
    kLockClaimed,  kLockFiles,     kReadClaims,        kAbsolve,        kUnclaim,
    kPutContents,  kPutThumbnails, kPutContentFailure, kPutFileFailure, kSettle};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_FINISH_SQL_H_
