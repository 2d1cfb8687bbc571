#ifndef HESTIA_TESTS_WATCHER_SERVICE_HISTORY_STREAM_RECORD_H_
#define HESTIA_TESTS_WATCHER_SERVICE_HISTORY_STREAM_RECORD_H_

#include <cstdint>
#include <optional>
#include <vector>

#include <absl/time/time.h>

#include "tests/watcher-service/history/history.h"

namespace hestia {

// One frame as a subscriber got it. `frame` is the history's.
struct Delivery {
  const Frame* frame = nullptr;
  std::uint64_t number = 0;
  absl::Duration asked;     // since when the subscriber was reading
  absl::Duration at;
  absl::Duration earliest;  // a frame of work cannot have been built before
  std::uint64_t granted = 0;  // credits in all, by then
};

// One stream from its opening to its end.
struct StreamRecord {
  int stream = 0;
  int subscriber = 0;
  std::optional<Cursor> cursor;  // it came with
  absl::Duration opened;
  std::vector<Delivery> deliveries;
  struct End {
    absl::Duration asked;
    absl::Duration at;
  };
  std::optional<End> end;
};

// All streams of a history, in the order in which they were opened. A frame's earliest moment is
// when the credit that paid for it was granted: the watcher builds nothing before.
std::vector<StreamRecord> StreamsOf(const History& history);

}  // namespace hestia

#endif  // HESTIA_TESTS_WATCHER_SERVICE_HISTORY_STREAM_RECORD_H_
