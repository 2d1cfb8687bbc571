#include "thumbnail-service/store/pg_job_queue.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "common/monotonic_clock.h"

namespace hestia {
namespace {

// MATERIALIZED: the planner must not fold the locked selection into the update, or it may
// lock more rows than it returns.
constexpr PgStatement kClaim = {"claim", R"sql(
  WITH next AS MATERIALIZED (
    SELECT soonest.file_id
    FROM unnest($2::bigint[]) AS mine(library_id)
    JOIN libraries l ON l.id = mine.library_id AND NOT l.paused
      AND NOT (SELECT paused FROM service_state)
    CROSS JOIN LATERAL (
      SELECT j.file_id, j.order_key FROM jobs j
      WHERE j.library_id = mine.library_id AND j.claim_token IS NULL AND j.run_after <= now()
        AND (j.crashes = 0 OR j.crashed_version <> j.wanted_version)
      ORDER BY j.order_key LIMIT $3
      FOR UPDATE SKIP LOCKED) AS soonest
    ORDER BY soonest.order_key LIMIT $3
  )
  UPDATE jobs j
  SET claim_token = nextval('claim_tokens'), claimed_by = $1, claimed_version = j.wanted_version,
      claimed_at = now()
  FROM next JOIN files f ON f.id = next.file_id
  WHERE j.file_id = next.file_id
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
  SELECT r.id, r.definition, x.code, x.detail
  FROM recipes r
  LEFT JOIN contents c ON c.digest = $1 AND c.size_bytes = $2
  LEFT JOIN failures x ON x.content_id = c.id AND x.decoder_version = $3
  WHERE r.is_current AND NOT EXISTS (
    SELECT FROM thumbnails n WHERE n.content_id = c.id AND n.recipe_id = r.id))sql"};

// Ingest and the API lock files before jobs; so does this, in one order for all replicas.
constexpr PgStatement kLockFiles = {"lock_files", R"sql(
  SELECT id FROM files WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE)sql"};

constexpr PgStatement kLockClaim = {"lock_claim", R"sql(
  SELECT wanted_version, claimed_version FROM jobs
  WHERE file_id = $1 AND claim_token = $2 FOR UPDATE)sql"};

// The update is what locks the row, so that collection cannot take it before it is attached.
constexpr PgStatement kPutContent = {"put_content", R"sql(
  INSERT INTO contents AS c (digest, size_bytes, width_px, height_px, rendered_by, read_us,
                             render_us)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (digest, size_bytes) DO UPDATE
    SET width_px = greatest(c.width_px, excluded.width_px),
        height_px = greatest(c.height_px, excluded.height_px),
        rendered_by = CASE WHEN excluded.render_us > 0 THEN excluded.rendered_by
                           ELSE c.rendered_by END,
        read_us = CASE WHEN excluded.render_us > 0 THEN excluded.read_us ELSE c.read_us END,
        render_us = CASE WHEN excluded.render_us > 0 THEN excluded.render_us ELSE c.render_us END
  RETURNING id)sql"};

constexpr PgStatement kPutThumbnail = {"put_thumbnail", R"sql(
  INSERT INTO thumbnails (content_id, recipe_id, media_type, width_px, height_px, data)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (content_id, recipe_id) DO NOTHING)sql"};

constexpr PgStatement kPutContentFailure = {"put_content_failure", R"sql(
  INSERT INTO failures (content_id, decoder_version, code, detail, attempts)
  VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (content_id) DO UPDATE
    SET decoder_version = excluded.decoder_version, code = excluded.code,
        detail = excluded.detail, attempts = excluded.attempts, failed_at = now())sql"};

constexpr PgStatement kPutFileFailure = {"put_file_failure", R"sql(
  INSERT INTO failures (file_id, file_version, code, detail, attempts)
  VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (file_id) DO UPDATE
    SET file_version = excluded.file_version, code = excluded.code, detail = excluded.detail,
        attempts = excluded.attempts, failed_at = now())sql"};

constexpr PgStatement kLacksThumbnail = {"lacks_thumbnail", R"sql(
  SELECT EXISTS (SELECT FROM recipes r WHERE r.is_current AND NOT EXISTS (
    SELECT FROM thumbnails n WHERE n.content_id = $1 AND n.recipe_id = r.id)))sql"};

constexpr PgStatement kEndJob = {"end_job", "DELETE FROM jobs WHERE file_id = $1"};

constexpr PgStatement kSettleFile = {"settle_file", R"sql(
  UPDATE files SET content_id = $2, state = $3 WHERE id = $1)sql"};

constexpr PgStatement kUnclaim = {"unclaim", R"sql(
  UPDATE jobs SET claim_token = NULL, claimed_by = NULL WHERE file_id = $1)sql"};

constexpr PgStatement kRelease = {"release", R"sql(
  UPDATE jobs
  SET claim_token = NULL, claimed_by = NULL, attempts = attempts + $3, tries = tries + 1,
      last_error = $5,
      run_after = CASE WHEN wanted_version > claimed_version THEN '-infinity'::timestamptz
                       ELSE now() + make_interval(secs => $4) END
  WHERE file_id = $1 AND claim_token = $2)sql"};

constexpr PgStatement kStatements[] = {
    kClaim,          kClaimSuspect,   kSuspectsWait, kLookUp,         kLockFiles, kLockClaim,  kPutContent, kPutThumbnail,
    kPutContentFailure, kPutFileFailure, kLacksThumbnail, kEndJob, kSettleFile, kUnclaim,
    kRelease};

// Workers wait for these; nothing here takes long.
constexpr PgLimits kLimits{.statement = absl::Seconds(20), .lock = absl::Seconds(10),
                           .answer = absl::Seconds(25)};

pqxx::binarystring Bytes(const ContentKey& key) {
  return pqxx::binarystring(key.digest.data(), key.digest.size());
}

ClaimedJob ToClaimedJob(const pqxx::row& row) {
  return ClaimedJob{.file_id = row[0].as<std::int64_t>(),
                    .token = row[1].as<std::int64_t>(),
                    .version = row[2].as<std::int64_t>(),
                    .library_id = row[3].as<std::int64_t>(),
                    .path = row[4].as<std::string>(),
                    .stamp = {.size_bytes = row[5].as<std::int64_t>(),
                              .mtime_ns = row[6].as<std::int64_t>(),
                              .inode = static_cast<std::uint64_t>(row[7].as<std::int64_t>())},
                    .attempts = row[8].as<int>(),
                    .tries = row[10].as<int>(),
                    .deaths = row[11].as<int>(),
                    .claimed_at = MonotonicNow()};
}

}  // namespace

PgJobQueue::PgJobQueue(const std::string& url, std::string replica_id,
                       std::string decoder_version, int connections, Announce announce)
    : pool_(url, kStatements, connections, kLimits),
      replica_id_(std::move(replica_id)),
      decoder_version_(std::move(decoder_version)),
      announce_(std::move(announce)) {}

absl::StatusOr<std::vector<ClaimedJob>> PgJobQueue::Claim(
    absl::Span<const std::int64_t> library_ids, int most) {
  std::vector<ClaimedJob> jobs;
  if (library_ids.empty()) return jobs;
  return pool_.Transact([&](pqxx::work& tx) -> absl::StatusOr<std::vector<ClaimedJob>> {
    std::vector<std::pair<std::int64_t, ClaimedJob>> ordered;
    for (const pqxx::row row :
         tx.exec_prepared(kClaim.name, replica_id_, PgArray(library_ids), most)) {
      ordered.emplace_back(row[9].as<std::int64_t>(), ToClaimedJob(row));
    }
    // RETURNING promises no order.
    std::stable_sort(ordered.begin(), ordered.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [key, job] : ordered) jobs.push_back(std::move(job));
    return std::move(jobs);
  });
}

absl::StatusOr<bool> PgJobQueue::SuspectsWait(absl::Span<const std::int64_t> library_ids) {
  return pool_.Transact([&](pqxx::work& tx) -> absl::StatusOr<bool> {
    return tx.exec_prepared1(kSuspectsWait.name, PgArray(library_ids))[0].as<bool>();
  });
}

absl::StatusOr<std::optional<ClaimedJob>> PgJobQueue::ClaimSuspect(
    absl::Span<const std::int64_t> library_ids) {
  return pool_.Transact([&](pqxx::work& tx) -> absl::StatusOr<std::optional<ClaimedJob>> {
    const pqxx::result rows =
        tx.exec_prepared(kClaimSuspect.name, replica_id_, PgArray(library_ids));
    if (rows.empty()) return std::optional<ClaimedJob>();
    return std::optional<ClaimedJob>(ToClaimedJob(rows[0]));
  });
}

absl::StatusOr<ContentStanding> PgJobQueue::LookUp(const ContentKey& content) {
  return pool_.Transact([&](pqxx::work& tx) -> absl::StatusOr<ContentStanding> {
    ContentStanding standing;
    for (const pqxx::row row :
         tx.exec_prepared(kLookUp.name, Bytes(content), content.size_bytes, decoder_version_)) {
      absl::StatusOr<std::vector<Recipe>> recipe = ParseRecipes(row[1].as<std::string>());
      if (!recipe.ok()) return recipe.status();
      standing.missing.push_back(
          StoredRecipe{.id = row[0].as<std::int64_t>(), .recipe = recipe->front()});
      if (!row[2].is_null()) {
        standing.verdict = Verdict{row[2].as<std::string>(), row[3].as<std::string>()};
      }
    }
    std::sort(standing.missing.begin(), standing.missing.end(),
              [](const StoredRecipe& a, const StoredRecipe& b) {
                return a.recipe.box_px > b.recipe.box_px;
              });
    return standing;
  });
}

std::int64_t PgJobQueue::PutContent(pqxx::work& tx, const JobResult& result) {
  const std::int64_t content =
      tx.exec_prepared1(kPutContent.name, Bytes(*result.content), result.content->size_bytes,
                        result.source_width_px, result.source_height_px, replica_id_,
                        absl::ToInt64Microseconds(result.read_time),
                        absl::ToInt64Microseconds(result.render_time))[0]
          .as<std::int64_t>();
  for (const Thumbnail& thumbnail : result.thumbnails) {
    tx.exec_prepared(kPutThumbnail.name, content, thumbnail.recipe_id,
                     std::string(MediaType(thumbnail.format)), thumbnail.width_px,
                     thumbnail.height_px, pqxx::binarystring(thumbnail.data));
  }
  if (result.verdict.has_value()) {
    tx.exec_prepared(kPutContentFailure.name, content, decoder_version_, result.verdict->code,
                     result.verdict->detail, result.job.attempts + 1);
  }
  return content;
}

FinishEffect PgJobQueue::FinishOne(pqxx::work& tx, const JobResult& result) {
  const std::int64_t file = result.job.file_id;
  const pqxx::result claim = tx.exec_prepared(kLockClaim.name, file, result.job.token);
  if (claim.empty()) return FinishEffect::kStale;
  // What was rendered is of a version that no row refers to: nothing would ever collect it.
  const bool newer_wanted = claim[0][0].as<std::int64_t>() != claim[0][1].as<std::int64_t>();
  if (newer_wanted || !Settle(tx, result)) {
    tx.exec_prepared(kUnclaim.name, file);
    return FinishEffect::kRequeued;
  }
  tx.exec_prepared(kEndJob.name, file);
  return FinishEffect::kStored;
}

bool PgJobQueue::Settle(pqxx::work& tx, const JobResult& result) {
  const std::int64_t file = result.job.file_id;
  const int state = static_cast<int>(result.verdict ? FileStatus::kFailed : FileStatus::kReady);
  if (!result.content.has_value()) {
    const char* no_content = nullptr;
    tx.exec_prepared(kPutFileFailure.name, file, result.job.version, result.verdict->code,
                     result.verdict->detail, result.job.attempts + 1);
    tx.exec_prepared(kSettleFile.name, file, no_content, state);
    return true;
  }
  const std::int64_t content = PutContent(tx, result);
  tx.exec_prepared(kSettleFile.name, file, content, state);
  // Thumbnails that were there when the file was read may have been collected since.
  return result.verdict.has_value() ||
         !tx.exec_prepared1(kLacksThumbnail.name, content)[0].as<bool>();
}

absl::StatusOr<std::vector<FinishEffect>> PgJobQueue::Finish(
    absl::Span<const JobResult> results) {
  // One order of locks for all replicas.
  std::vector<std::size_t> order(results.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return results[a].job.file_id < results[b].job.file_id;
  });
  bool requeued = false;
  auto finished = pool_.Transact([&](pqxx::work& tx) -> absl::StatusOr<std::vector<FinishEffect>> {
    std::vector<FinishEffect> effects(results.size());
    std::vector<std::int64_t> files;
    for (const std::size_t index : order) files.push_back(results[index].job.file_id);
    tx.exec_prepared(kLockFiles.name, PgArray(files));
    requeued = false;
    for (const std::size_t index : order) {
      effects[index] = FinishOne(tx, results[index]);
      requeued |= effects[index] == FinishEffect::kRequeued;
    }
    return effects;
  });
  if (finished.ok()) announce_(requeued, true);
  return finished;
}

absl::Status PgJobQueue::Release(absl::Span<const JobRetry> retries) {
  const absl::Status released = pool_.Transact([&](pqxx::work& tx) -> absl::Status {
    for (const JobRetry& retry : retries) {
      tx.exec_prepared(kRelease.name, retry.job.file_id, retry.job.token, retry.charge ? 1 : 0,
                       absl::ToDoubleSeconds(retry.delay), PgText(retry.error));
    }
    return absl::OkStatus();
  });
  if (released.ok()) announce_(true, false);
  return released;
}

}  // namespace hestia
