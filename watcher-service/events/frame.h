#ifndef HESTIA_WATCHER_SERVICE_EVENTS_FRAME_H_
#define HESTIA_WATCHER_SERVICE_EVENTS_FRAME_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <absl/time/time.h>

#include "watcher-service/events/cursor.h"

namespace hestia {

// What a stream tells, one frame at a time; the fields mean what watcher.proto says of
// their namesakes. Paths are text (common/path_text.h), relative to the root.

struct FileState {
  std::string path;
  std::string previous_path;
  std::uint64_t size_bytes = 0;
  absl::Time modified_at = absl::UnixEpoch();  // of a present file, exact to the nanosecond
  bool present = false;
  std::uint64_t inode = 0;
  bool subtree_absent = false;
  bool rewritten = false;
  bool settling = false;
};

struct ListingBegin {
  std::string scope;
  ListingReason reason = ListingReason::kFirstContact;
  bool shallow = false;
};

struct ListingEnd {
  std::string scope;
  bool complete = false;
  std::string detail;
  std::uint64_t file_count = 0;
  std::vector<std::string> unread;
};

struct Bookmark {
  std::uint32_t settling_files = 0;
};

struct Frame {
  // Everything at or before it has been told. None inside a listing.
  std::optional<Cursor> cursor;
  std::variant<std::vector<FileState>, ListingBegin, ListingEnd, Bookmark> content;

  // Frames of work cost a credit.
  bool IsWork() const { return !std::holds_alternative<Bookmark>(content); }
};

// What one frame holds at most; past either, the rest goes into the next frame.
inline constexpr std::size_t kMaxFrameStates = 256;
inline constexpr std::size_t kMaxFramePathBytes = 1 << 20;

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_EVENTS_FRAME_H_
