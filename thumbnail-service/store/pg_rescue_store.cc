#include "thumbnail-service/store/pg_rescue_store.h"

#include <utility>

#include <absl/strings/str_cat.h>

#include "common/crash_point.h"

namespace hestia {
namespace {

// A replica's session holds the advisory lock of its id's hash; see PgReplicaRegistry::Beat.
// pg_locks is only looked at: taking the lock to try it would be in its owner's way.
constexpr PgStatement kSurvey = {"survey", R"sql(
  WITH replica AS (
    SELECT id, beats FROM replicas
    UNION ALL
    SELECT DISTINCT claimed_by, NULL::bigint FROM jobs
    WHERE claim_token IS NOT NULL AND NOT EXISTS (SELECT FROM replicas WHERE id = claimed_by)
  ), held AS MATERIALIZED (
    SELECT classid::bigint << 32 | objid::bigint AS key FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  )
  SELECT id, beats, EXISTS (SELECT FROM held WHERE key = hashtextextended(id, 0))
  FROM replica WHERE id <> $1)sql"};

// Only of a replica that gave no sign since: its beat takes the same row.
constexpr PgStatement kForgetDead = {"forget_dead", R"sql(
  DELETE FROM replicas WHERE id = $1 AND beats = $2)sql"};
constexpr PgStatement kIsRegistered = {"is_registered", R"sql(
  SELECT FROM replicas WHERE id = $1)sql"};

// Whoever locks several files does so in the order of id, and files before jobs.
constexpr PgStatement kLockFilesOf = {"lock_files_of", R"sql(
  SELECT f.id FROM jobs j JOIN files f ON f.id = j.file_id
  WHERE j.claim_token IS NOT NULL AND j.claimed_by = $1 ORDER BY f.id FOR NO KEY UPDATE OF f)sql"};

// A death counts against the version that was in work. Another one wanted since is innocent.
constexpr PgStatement kTakeBack = {"take_back", R"sql(
  UPDATE jobs
  SET claim_token = NULL, claimed_by = NULL, run_after = '-infinity',
      crashes = CASE WHEN wanted_version <> claimed_version THEN 0
                     WHEN crashed_version = claimed_version THEN crashes + 1 ELSE 1 END,
      crashed_version = claimed_version,
      last_error = 'the replica that had it in work died'
  WHERE claim_token IS NOT NULL AND claimed_by = $1
  RETURNING file_id, crashes)sql"};

constexpr PgStatement kGiveUp = {"give_up", R"sql(
  WITH ended AS (
    DELETE FROM jobs WHERE file_id = ANY($1::bigint[])
    RETURNING file_id, wanted_version, attempts + crashes AS attempts
  ), told AS (
    INSERT INTO failures (file_id, file_version, code, detail, attempts)
    SELECT file_id, wanted_version, 'REPLICA_DIED', $2, attempts FROM ended
    ON CONFLICT (file_id) DO UPDATE
      SET file_version = excluded.file_version, decoder_version = excluded.decoder_version,
          code = excluded.code, detail = excluded.detail, attempts = excluded.attempts,
          failed_at = now()
  )
  UPDATE files SET state = 3 WHERE id = ANY($1::bigint[]))sql"};

constexpr PgStatement kFreeLeases = {"free_leases", R"sql(
  UPDATE library_leases SET expires_at = '-infinity' WHERE replica_id = $1)sql"};

constexpr PgStatement kOverdue = {"overdue", R"sql(
  WITH late AS MATERIALIZED (
    SELECT j.file_id, j.claim_token FROM jobs j JOIN files f ON f.id = j.file_id
    WHERE j.claim_token IS NOT NULL AND j.claimed_at < now() - make_interval(secs => $1)
    ORDER BY f.id FOR NO KEY UPDATE OF f
  )
  UPDATE jobs j
  SET claim_token = NULL, claimed_by = NULL, run_after = '-infinity', tries = tries + 1,
      last_error = 'the claim was older than any render can be'
  FROM late WHERE j.file_id = late.file_id AND j.claim_token = late.claim_token)sql"};

constexpr PgStatement kNotifyFreed = {"notify_freed", R"sql(
  SELECT pg_notify('hestia_jobs', ''), pg_notify('hestia_progress', ''))sql"};

constexpr PgStatement kStatements[] = {kSurvey,   kForgetDead, kIsRegistered, kLockFilesOf,
                                       kTakeBack, kGiveUp,     kFreeLeases,   kOverdue,
                                       kNotifyFreed};

// A look that is late is a look not taken: see LivenessJudge::Patience::blind.
constexpr PgLimits kLimits{.statement = absl::Seconds(10), .lock = absl::Seconds(5),
                           .answer = absl::Seconds(12)};

bool StillAsSeen(pqxx::work& tx, const ReplicaSign& seen) {
  if (!seen.beats.has_value()) return tx.exec_prepared(kIsRegistered.name, seen.id).empty();
  return tx.exec_prepared(kForgetDead.name, seen.id, *seen.beats).affected_rows() == 1;
}

}  // namespace

PgRescueStore::PgRescueStore(const std::string& url, std::string replica_id)
    : session_(url, kStatements, kLimits), replica_id_(std::move(replica_id)) {}

absl::StatusOr<std::vector<ReplicaSign>> PgRescueStore::Survey() {
  return session_.Transact([&](pqxx::work& tx) -> absl::StatusOr<std::vector<ReplicaSign>> {
    std::vector<ReplicaSign> signs;
    for (const pqxx::row row : tx.exec_prepared(kSurvey.name, replica_id_)) {
      ReplicaSign sign{.id = row[0].as<std::string>(), .beats = std::nullopt,
                       .has_session = row[2].as<bool>()};
      if (!row[1].is_null()) sign.beats = row[1].as<std::int64_t>();
      signs.push_back(std::move(sign));
    }
    return signs;
  });
}

absl::StatusOr<RescueEffect> PgRescueStore::RescueFrom(const ReplicaSign& seen,
                                                       int deaths_to_verdict) {
  return session_.Transact([&](pqxx::work& tx) -> absl::StatusOr<RescueEffect> {
    RescueEffect effect;
    if (!StillAsSeen(tx, seen)) return effect;
    tx.exec_prepared(kLockFilesOf.name, seen.id);
    std::vector<std::int64_t> hopeless;
    for (const pqxx::row row : tx.exec_prepared(kTakeBack.name, seen.id)) {
      if (row[1].as<int>() >= deaths_to_verdict) hopeless.push_back(row[0].as<std::int64_t>());
      ++effect.requeued;
    }
    if (!hopeless.empty()) {
      tx.exec_prepared(kGiveUp.name, PgArray(hopeless),
                       absl::StrCat(deaths_to_verdict, " replicas died with this file in work; "
                                    "QueueFiles tries it again"));
      effect.given_up = static_cast<int>(hopeless.size());
      effect.requeued -= effect.given_up;
    }
    tx.exec_prepared(kFreeLeases.name, seen.id);
    tx.exec_prepared(kNotifyFreed.name);
    HESTIA_CRASH_POINT("rescue.before_commit");
    return effect;
  });
}

absl::StatusOr<int> PgRescueStore::RescueOverdue(absl::Duration deadline) {
  return session_.Transact([&](pqxx::work& tx) -> absl::StatusOr<int> {
    const int requeued = static_cast<int>(
        tx.exec_prepared(kOverdue.name, absl::ToDoubleSeconds(deadline)).affected_rows());
    if (requeued > 0) tx.exec_prepared(kNotifyFreed.name);
    return requeued;
  });
}

}  // namespace hestia
