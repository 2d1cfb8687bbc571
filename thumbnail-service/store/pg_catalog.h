#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_CATALOG_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_CATALOG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "thumbnail-service/jobs/file_state.h"
#include "thumbnail-service/jobs/job.h"
#include "thumbnail-service/store/pg_pool.h"

namespace hestia {

// A file as ListFiles tells it.
struct FileRow {
  std::string path;
  FileStamp stamp;
  FileStatus status = FileStatus::kPending;
  Placeholder placeholder = {};  // of its bytes, where they were rendered
  std::string damage = {};       // what is missing of them
};

// A verdict as ListFailures tells it.
struct FailureRow {
  std::string path;
  Verdict verdict;
  int attempts = 0;
  absl::Time failed_at;
};

// What GetThumbnail found.
struct StoredThumbnail {
  std::string media_type;
  int width_px = 0;
  int height_px = 0;
  std::string data;
  Placeholder placeholder = {};
  std::string damage = {};
};
struct StillPending {
  std::int64_t file_id = 0;
  bool paused = false;  // no job of the library is claimed
};
struct UnknownFile {};
using ThumbnailAnswer = std::variant<StoredThumbnail, StillPending, Verdict, UnknownFile>;

struct ReplicaRow {
  std::string id;
  std::string name;
  absl::Time started_at;
  std::int64_t completed_jobs = 0;
  std::int64_t failed_jobs = 0;
  std::int64_t retried_jobs = 0;
  std::int64_t rendered_images = 0;
  int active_workers = 0;
  int workers = 0;
  double throughput_per_second = 0;
  absl::Duration processing_time;
  std::string problem;
};

struct LibraryRow {
  std::string name;
  std::string state;
  std::int64_t ready_files = 0;
  std::int64_t pending_files = 0;
  std::int64_t failed_files = 0;
  std::string ingest_replica_id;  // empty while none ingests
  bool listing = false;
  bool paused = false;
  std::int64_t held_removals = 0;
};

struct CatalogStats {
  std::int64_t jobs = 0;  // waiting or in work
  bool paused = false;    // all libraries
  std::vector<ReplicaRow> replicas;
  std::vector<LibraryRow> libraries;
};

// Whether ingest and rendering have caught up with a point of the feed.
struct SyncStanding {
  bool same_epoch = false;  // false: the point is of another epoch than what was ingested
  bool reached = false;     // ingested up to it, and nothing of before is PENDING
  bool work_left = false;      // something of before is PENDING
  bool paused = false;         // no job of the library is claimed
  bool removals_held = false;  // until ConfirmRemovals, rows may be of files that are gone
};

// The database as the RPCs ask for it: reads, and the few writes that a person may demand.
//
// Thread-safety: every method from any thread; as many at a time as there are connections.
// Blocking: each waits for the server.
// Errors: kUnavailable (reason DATABASE_UNAVAILABLE), else as named.
class PgCatalog {
 public:
  PgCatalog(const std::string& url, std::string decoder_version, int connections);

  // kNotFound (LIBRARY_UNKNOWN).
  absl::StatusOr<std::int64_t> FindLibrary(absl::string_view name);

  // While the recipe's own is missing, the newest of a past recipe of its name stands in.
  absl::StatusOr<ThumbnailAnswer> FindThumbnail(std::int64_t library_id, absl::string_view path,
                                                const StoredRecipe& recipe);
  // Puts a file at the head of the queue; queues it if it was not. One that has a verdict by now is left.
  absl::Status Lift(std::int64_t file_id);

  // Up to `limit` rows with paths beyond `after` in byte order.
  absl::StatusOr<std::vector<FileRow>> ListFiles(std::int64_t library_id, absl::string_view after,
                                                 int limit);
  absl::StatusOr<std::vector<FailureRow>> ListFailures(std::int64_t library_id,
                                                       absl::string_view after, int limit);

  // Queues files anew, their verdicts and contents forgotten. Returns the paths it knows.
  absl::StatusOr<std::vector<std::string>> QueueFiles(std::int64_t library_id,
                                                      const std::vector<std::string>& paths);
  // Queues what lacks a thumbnail and has neither job nor verdict; nullopt: of all libraries.
  absl::StatusOr<std::int64_t> QueueMissing(std::optional<std::int64_t> library_id);

  absl::StatusOr<CatalogStats> ReadStats();
  absl::StatusOr<SyncStanding> Standing(std::int64_t library_id, const Cursor& point);

 private:
  PgPool pool_;
  const std::string decoder_version_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_CATALOG_H_
