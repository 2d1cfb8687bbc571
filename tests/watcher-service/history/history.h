#ifndef HESTIA_TESTS_WATCHER_SERVICE_HISTORY_HISTORY_H_
#define HESTIA_TESTS_WATCHER_SERVICE_HISTORY_HISTORY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <absl/time/time.h>

#include "watcher-service/events/cursor.h"
#include "watcher-service/events/frame.h"

namespace hestia {

// What happened to one library and what its subscribers saw of it, in the order in which it was
// noted. Times are of one monotonic clock. Paths are text.

// A regular file as it lay on the disk.
struct FileFact {
  std::uint64_t size_bytes = 0;
  absl::Time modified_at;
  std::uint64_t inode = 0;
  friend bool operator==(const FileFact&, const FileFact&) = default;
};

// One thing done to the disk; it was over when it was noted.
struct DiskStep {
  absl::Duration began;
  std::map<std::string, std::optional<FileFact>> changed;  // what lies there now; none: no file
  std::vector<std::uint64_t> closed;  // inodes of files whose writers closed them
  bool unobserved = false;            // what lay at `changed` in between, nobody looked
  bool root_changed = false;          // another directory, or none, lies at the root now
};

// A subscriber began a stream, with the cursor it knew.
struct StreamOpened {
  int stream = 0;
  int subscriber = 0;
  std::optional<Cursor> cursor;
};
// Noted before the message was sent.
struct CreditsGranted {
  int stream = 0;
  std::uint64_t credits = 0;
};
struct FrameAcknowledged {
  int stream = 0;
  std::uint64_t number = 0;
};
struct FrameReceived {
  int stream = 0;
  Frame frame;
  std::uint64_t number = 0;     // as SubscribeResponse.frame_number
  absl::Duration asked;         // since when the subscriber was reading
};
struct StreamEnded {
  int stream = 0;
  absl::Duration asked;  // since when the subscriber was reading
};

// From here on the watcher cannot do anything (stopped by a signal, or dead), or can again.
struct WatcherHalted {};
struct WatcherRuns {};

// Sync answered `cursor` to a question asked at `asked`. No step had been under way then.
struct Synced {
  absl::Duration asked;
  Cursor cursor;
};
// What GetStats said.
struct StatsTaken {
  std::uint64_t journal_marks = 0;
  std::uint64_t journal_capacity = 0;
};

struct HistoryEntry {
  absl::Duration at;
  std::variant<DiskStep, StreamOpened, CreditsGranted, FrameAcknowledged, FrameReceived,
               StreamEnded, WatcherHalted, WatcherRuns, Synced, StatsTaken>
      what;
};

// Times rise. The first DiskStep is what lay there before anything else happened.
using History = std::vector<HistoryEntry>;

}  // namespace hestia

#endif  // HESTIA_TESTS_WATCHER_SERVICE_HISTORY_HISTORY_H_
