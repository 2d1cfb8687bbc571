#ifndef HESTIA_WATCHER_SERVICE_EVENTS_CURSOR_H_
#define HESTIA_WATCHER_SERVICE_EVENTS_CURSOR_H_

#include <cstdint>

namespace hestia {

// A point in the order of a library's changes. Two cursors compare only within one epoch,
// by sequence; another epoch means that history was lost in between.
struct Cursor {
  std::uint64_t epoch = 0;  // random, never 0
  std::uint64_t sequence = 0;

  friend bool operator==(const Cursor&, const Cursor&) = default;
};

// Why a listing is made. Numbered as in watcher.proto.
enum class ListingReason {
  kFirstContact = 1,
  kEpochUnknown = 2,
  kOverflow = 3,
  kRootReturned = 4,
  kJournalFull = 5,
  kDirectoryArrived = 6,
  kRescan = 7,
  kReconcile = 8,
  kPolled = 9,
  kMended = 10,
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_EVENTS_CURSOR_H_
