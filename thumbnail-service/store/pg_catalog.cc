#include "thumbnail-service/store/pg_catalog.h"

#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "common/error_reason.h"
#include "thumbnail-service/jobs/order_key.h"
#include "thumbnail-service/store/pg_catalog_sql.h"

namespace hestia {
namespace {

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
    : pool_(url, kCatalogStatements, connections), decoder_version_(std::move(decoder_version)) {}

absl::StatusOr<std::int64_t> PgCatalog::FindLibrary(absl::string_view name) {
  return pool_.Read([&](pqxx::nontransaction& tx) -> absl::StatusOr<std::int64_t> {
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
  return pool_.Read([&](pqxx::nontransaction& tx) -> absl::StatusOr<ThumbnailAnswer> {
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
  return pool_.Read([&](pqxx::nontransaction& tx) -> absl::StatusOr<std::vector<FileRow>> {
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
  return pool_.Read([&](pqxx::nontransaction& tx) -> absl::StatusOr<std::vector<FailureRow>> {
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
  return pool_.Read([&](pqxx::nontransaction& tx) -> absl::StatusOr<SyncStanding> {
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
