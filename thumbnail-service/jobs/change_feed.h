#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_CHANGE_FEED_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_CHANGE_FEED_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "thumbnail-service/jobs/file_state.h"

namespace hestia {

// One step of a library's feed, as the watcher sends it. What `kind` says is filled.
struct Frame {
  enum class Kind { kFiles, kListingBegin, kListingEnd, kBookmark };
  Kind kind = Kind::kBookmark;
  std::optional<Cursor> cursor;  // everything at or before it was told; unset inside a listing
  std::uint64_t number = 0;      // to acknowledge it by
  std::vector<ToldFile> files;   // kFiles
  std::string scope;             // of a listing; empty is the root
  std::string detail;            // why the listing was made, or why it could not finish
  bool shallow = false;          // kListingBegin: of the files directly in the scope only
  bool complete = false;         // kListingEnd
  // kListingEnd: paths that could not be read; nothing is proven about them and what lies
  // beneath them.
  std::vector<std::string> unread;
};

// One open subscription.
//
// Thread-safety: Next and Acknowledge from one thread; Cancel from any.
// Memory: at most the granted frames wait in it.
class ChangeStream {
 public:
  virtual ~ChangeStream() = default;
  // Blocks until a frame arrives. Any error ends the stream: open another with the last
  // stored cursor. kNotFound: the library is watched no more. kCancelled: after Cancel().
  virtual absl::StatusOr<Frame> Next() = 0;
  // Frame `number` and all before it are durable; as many more may come.
  virtual absl::Status Acknowledge(std::uint64_t number, int grant) = 0;
  // Ends a blocked Next() at once.
  virtual void Cancel() = 0;
};

// A library as the watcher describes it.
struct WatchedLibrary {
  std::string name;
  std::string root;   // raw bytes
  std::string state;  // SCANNING, WATCHING, DEGRADED, ROOT_UNAVAILABLE
};

// Everything done to a library's disk before the Sync call is told at or before `cursor`.
struct SyncPoint {
  Cursor cursor;
  std::uint32_t settling_files = 0;
};

// The watcher, as this service needs it. Implemented by rpc/.
//
// Thread-safety: every method from any thread. Blocking: up to the deadline given.
// Errors: kUnavailable  the watcher cannot be reached: try again with backoff.
class ChangeFeed {
 public:
  virtual ~ChangeFeed() = default;
  virtual absl::StatusOr<std::vector<WatchedLibrary>> ListLibraries(absl::Duration timeout) = 0;
  // `credits` frames may come before the first Acknowledge.
  virtual std::unique_ptr<ChangeStream> Open(absl::string_view library,
                                             const std::optional<Cursor>& cursor, int credits) = 0;
  // kNotFound, kFailedPrecondition (root unavailable), kDeadlineExceeded as the watcher's.
  virtual absl::StatusOr<SyncPoint> Sync(absl::string_view library, absl::Duration timeout) = 0;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_CHANGE_FEED_H_
