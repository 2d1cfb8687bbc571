#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_STEERING_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_STEERING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "thumbnail-service/store/pg_pool.h"

namespace hestia {

// What is, or would be, deleted.
struct Purged {
  std::int64_t files = 0;
  std::int64_t thumbnails = 0;
};

// What is kept of removed files, and is, or would be, deleted.
struct Collected {
  std::int64_t files = 0;
  std::int64_t contents = 0;
  std::int64_t thumbnails = 0;
  std::int64_t bytes = 0;  // of the thumbnails
};

// Which verdicts to lift. Empty members do not restrict.
struct FailureFilter {
  std::vector<std::string> codes;
  std::string path;
};

// What a person decides about libraries and their files. Large changes go in batches of some
// thousand rows, each its own transaction, so that nobody waits long for a lock; a call that
// fails midway has done a part and can be repeated.
//
// Thread-safety: every method from any thread. Blocking: waits for the database.
// Errors: kUnavailable, else as named.
class PgSteering {
 public:
  PgSteering(const std::string& url, int connections);

  // Whether jobs may be claimed, for one library or, without one, for all. Holds for every
  // replica from the next claim on, and after restarts.
  absl::Status SetPaused(std::optional<std::int64_t> library_id, bool paused);

  // Removes the files of the library whose removal is held; those that came back meanwhile
  // stay. Returns how many.
  absl::StatusOr<std::int64_t> ConfirmRemovals(std::int64_t library_id);

  // Lifts verdicts and queues their files. Verdicts of contents are lifted for every file with
  // these bytes. Returns how many files are tried again.
  absl::StatusOr<std::int64_t> RetryFailures(std::int64_t library_id, const FailureFilter& filter,
                                             std::int64_t order_key);

  // Deletes a library's rows, and the contents that no other file has. `dry_run` only counts.
  //   kFailedPrecondition  (LIBRARY_WATCHED) the watcher still names it.
  absl::StatusOr<Purged> PurgeLibrary(std::int64_t library_id, bool dry_run);

  // Deletes what is kept of files removed longer than `grace` ago. `dry_run` only counts.
  absl::StatusOr<Collected> CollectRemoved(absl::Duration grace, bool dry_run);

 private:
  PgPool pool_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_STEERING_H_
