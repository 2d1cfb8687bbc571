#include "thumbnail-service/store/pg_replica_registry.h"

#include <utility>

#include <absl/container/flat_hash_map.h>

#include "common/crash_point.h"
#include "thumbnail-service/store/migrator.h"
#include "thumbnail-service/store/pg_collect_sql.h"

namespace hestia {
namespace {

constexpr PgStatement kBeat = {"beat", R"sql(
  INSERT INTO replicas (id, name, completed_jobs, failed_jobs, retried_jobs, rendered_images,
                        active_workers, workers, throughput, processing_us, problem, decoder_version)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
  ON CONFLICT (id) DO UPDATE
    SET heartbeat_at = now(), completed_jobs = excluded.completed_jobs,
        failed_jobs = excluded.failed_jobs, retried_jobs = excluded.retried_jobs,
        rendered_images = excluded.rendered_images, active_workers = excluded.active_workers,
        workers = excluded.workers, throughput = excluded.throughput,
        processing_us = excluded.processing_us, problem = excluded.problem,
        decoder_version = excluded.decoder_version, beats = replicas.beats + 1
  RETURNING beats = 1, (SELECT max(number) FROM schema_migrations))sql"};

// Ends with the session: that is how the others see a killed replica within moments. Not had
// while a connection of before, broken on this side only, still has it; then it tells them the
// same, and the next beat tries again.
constexpr PgStatement kLockSession = {"lock_session", R"sql(
  SELECT pg_try_advisory_lock(hashtextextended($1, 0)))sql"};

constexpr PgStatement kReleaseClaims = {"release_claims", R"sql(
  UPDATE jobs SET claim_token = NULL, claimed_by = NULL
  WHERE claim_token IS NOT NULL AND claimed_by = $1)sql"};
constexpr PgStatement kReleaseLeases = {"release_leases", R"sql(
  UPDATE library_leases SET expires_at = '-infinity' WHERE replica_id = $1)sql"};
constexpr PgStatement kForget = {"forget", "DELETE FROM replicas WHERE id = $1"};
constexpr PgStatement kNotifyFreed = {"notify_freed", "SELECT pg_notify('hestia_jobs', '')"};

constexpr PgStatement kReadLibraries = {"read_libraries", "SELECT id, name, state FROM libraries"};
constexpr PgStatement kPutLibrary = {"put_library", R"sql(
  INSERT INTO libraries (name, state) VALUES ($1, $2)
  ON CONFLICT (name) DO UPDATE SET state = excluded.state
  RETURNING id)sql"};
constexpr PgStatement kDetach = {"detach", R"sql(
  UPDATE libraries SET state = 'DETACHED'
  WHERE state <> 'DETACHED' AND name <> ALL($1::text[]))sql"};

// Ingest holds FOR KEY SHARE on its lease while it writes. Renewing does not conflict with it,
// taking over does, and waits for nobody: the next beat tries again.
constexpr PgStatement kRenewLease = {"renew_lease", R"sql(
  UPDATE library_leases SET expires_at = now() + make_interval(secs => $3)
  WHERE library_id = $1 AND replica_id = $2
  RETURNING token)sql"};
constexpr PgStatement kTakeOverLease = {"take_over_lease", R"sql(
  WITH expired AS MATERIALIZED (
    SELECT library_id FROM library_leases WHERE library_id = $1 AND expires_at < now()
    FOR UPDATE SKIP LOCKED
  )
  UPDATE library_leases l
  SET token = l.token + 1, replica_id = $2, expires_at = now() + make_interval(secs => $3)
  FROM expired e WHERE l.library_id = e.library_id
  RETURNING l.token)sql"};
constexpr PgStatement kFirstLease = {"first_lease", R"sql(
  INSERT INTO library_leases (library_id, token, replica_id, expires_at)
  VALUES ($1, 1, $2, now() + make_interval(secs => $3))
  ON CONFLICT (library_id) DO NOTHING
  RETURNING token)sql"};
constexpr PgStatement kRenewLeases = {"renew_leases", R"sql(
  UPDATE library_leases SET expires_at = now() + make_interval(secs => $2)
  WHERE library_id IN (SELECT library_id FROM library_leases
                       WHERE replica_id = $1 AND expires_at >= now()
                       FOR NO KEY UPDATE SKIP LOCKED))sql"};
constexpr PgStatement kReleaseLease = {"release_lease", R"sql(
  UPDATE library_leases SET expires_at = '-infinity' WHERE library_id = $1 AND token = $2)sql"};

constexpr PgStatement kStatements[] = {
    kBeat,       kLockSession,   kLockCollection, kCollectRemoved,    kReleaseClaims, kReleaseLeases, kForget,
    kNotifyFreed, kReadLibraries, kPutLibrary, kDetach,       kRenewLease,    kTakeOverLease,
    kFirstLease, kRenewLeases,   kReleaseLease};

constexpr PgStatement kWaysToLease[] = {kRenewLease, kTakeOverLease, kFirstLease};

struct LibraryRow {
  std::int64_t id;
  std::string state;
};

}  // namespace

PgReplicaRegistry::PgReplicaRegistry(const std::string& url, std::string replica_id,
                                     std::string replica_name, PgLimits limits,
                                     std::string decoder_version)
    : session_(url, kStatements, limits),
      replica_id_(std::move(replica_id)),
      replica_name_(std::move(replica_name)),
      decoder_version_(std::move(decoder_version)) {}

absl::StatusOr<BeatEffect> PgReplicaRegistry::Beat(const WorkFigures& figures, int workers,
                                                   const std::string& problem) {
  return session_.Transact([&](pqxx::work& tx) -> absl::StatusOr<BeatEffect> {
    // The lock first: a row without one is taken for dead soon.
    if (locked_connection_ != session_.connections() &&
        tx.exec_prepared1(kLockSession.name, replica_id_)[0].as<bool>()) {
      locked_connection_ = session_.connections();
    }
    const pqxx::row row = tx.exec_prepared1(
        kBeat.name, replica_id_, replica_name_, figures.completed_jobs, figures.failed_jobs,
        figures.retried_jobs, figures.rendered_images, figures.active_workers, workers,
        figures.throughput_per_second, absl::ToInt64Microseconds(figures.processing_time),
        PgText(problem), decoder_version_);
    const int schema = row[1].as<int>();
    return BeatEffect{.inserted = row[0].as<bool>(),
                      .newer_schema = schema > Migrations().back().number ? schema : 0};
  });
}

absl::Status PgReplicaRegistry::RenewLeases(absl::Duration ttl) {
  return session_.Transact([&](pqxx::work& tx) -> absl::Status {
    tx.exec_prepared(kRenewLeases.name, replica_id_, absl::ToDoubleSeconds(ttl));
    return absl::OkStatus();
  });
}

absl::StatusOr<int> PgReplicaRegistry::CollectRemoved(absl::Duration grace) {
  return session_.Transact([&](pqxx::work& tx) -> absl::StatusOr<int> {
    tx.exec_prepared(kLockCollection.name);
    return tx.exec_prepared1(kCollectRemoved.name, absl::ToDoubleSeconds(grace))[1].as<int>();
  });
}

absl::Status PgReplicaRegistry::Leave() {
  return session_.Transact([&](pqxx::work& tx) -> absl::Status {
    tx.exec_prepared(kReleaseClaims.name, replica_id_);
    tx.exec_prepared(kReleaseLeases.name, replica_id_);
    tx.exec_prepared(kForget.name, replica_id_);
    tx.exec_prepared(kNotifyFreed.name);
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<RegisteredLibrary>> PgReplicaRegistry::RegisterLibraries(
    absl::Span<const WatchedLibrary> watched) {
  return session_.Transact([&](pqxx::work& tx) -> absl::StatusOr<std::vector<RegisteredLibrary>> {
    absl::flat_hash_map<std::string, LibraryRow> rows;
    for (const pqxx::row row : tx.exec_prepared(kReadLibraries.name)) {
      rows[row[1].as<std::string>()] =
          LibraryRow{row[0].as<std::int64_t>(), row[2].as<std::string>()};
    }
    std::vector<RegisteredLibrary> registered;
    std::vector<std::string> names;
    // Most beats change nothing, so nothing is written then.
    for (const WatchedLibrary& library : watched) {
      names.push_back(library.name);
      const auto found = rows.find(library.name);
      const bool same = found != rows.end() && found->second.state == library.state;
      const std::int64_t id =
          same ? found->second.id
               : tx.exec_prepared1(kPutLibrary.name, library.name, library.state)[0]
                     .as<std::int64_t>();
      registered.push_back(RegisteredLibrary{.id = id, .name = library.name});
    }
    tx.exec_prepared(kDetach.name, PgArray(names));
    return registered;
  });
}

absl::StatusOr<std::vector<RegisteredLibrary>> PgReplicaRegistry::ReadLibraries() {
  return session_.Transact([&](pqxx::work& tx) -> absl::StatusOr<std::vector<RegisteredLibrary>> {
    std::vector<RegisteredLibrary> libraries;
    for (const pqxx::row row : tx.exec_prepared(kReadLibraries.name)) {
      if (row[2].as<std::string>() == "DETACHED") continue;
      libraries.push_back({.id = row[0].as<std::int64_t>(), .name = row[1].as<std::string>()});
    }
    return libraries;
  });
}

absl::StatusOr<std::optional<Lease>> PgReplicaRegistry::TryLease(std::int64_t library_id,
                                                                 absl::Duration ttl) {
  return session_.Transact([&](pqxx::work& tx) -> absl::StatusOr<std::optional<Lease>> {
    for (const PgStatement& way : kWaysToLease) {
      const pqxx::result row =
          tx.exec_prepared(way.name, library_id, replica_id_, absl::ToDoubleSeconds(ttl));
      if (row.empty()) continue;
      if (way.name != kRenewLease.name) HESTIA_CRASH_POINT("takeover.before_commit");
      return std::optional<Lease>(
          Lease{.library_id = library_id, .token = row[0][0].as<std::int64_t>()});
    }
    return std::optional<Lease>();
  });
}

absl::Status PgReplicaRegistry::ReleaseLease(const Lease& lease) {
  return session_.Transact([&](pqxx::work& tx) -> absl::Status {
    tx.exec_prepared(kReleaseLease.name, lease.library_id, lease.token);
    return absl::OkStatus();
  });
}

}  // namespace hestia
