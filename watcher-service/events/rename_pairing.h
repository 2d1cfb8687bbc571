#ifndef HESTIA_WATCHER_SERVICE_EVENTS_RENAME_PAIRING_H_
#define HESTIA_WATCHER_SERVICE_EVENTS_RENAME_PAIRING_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <absl/time/time.h>

#include "watcher-service/events/settle_set.h"

namespace hestia {

// Brings the two halves of a rename together. The kernel tells "left there" and "came
// here" as two events with one cookie; the second never comes when the target lies outside
// the library.
//
// Thread-safety: none. Time: passed in, on one clock.
// Memory: at most `capacity` departures.
class RenamePairing {
 public:
  struct Departure {
    std::uint32_t cookie = 0;
    absl::Duration left_at;
    std::string path;  // text
    bool is_directory = false;
    std::uint64_t node = 0;  // of a directory under watch; 0 = none
    SettleSet::News news;    // of a file: what was settling
  };

  explicit RenamePairing(absl::Duration patience = absl::Milliseconds(50),
                         std::size_t capacity = 4096)
      : patience_(patience), capacity_(capacity) {}

  // Waits for its counterpart. Returns the oldest departure when there are too many: treat
  // it as expired.
  std::optional<Departure> Leave(Departure departure);

  // The departure that `cookie` belongs to; none when it came from outside.
  std::optional<Departure> Arrive(std::uint32_t cookie);

  // Takes out what has waited long enough: it left the library.
  std::vector<Departure> Expire(absl::Duration now);

  // When Expire has something to do next; InfiniteDuration when nothing waits.
  absl::Duration NextDeadline() const;
  // Whether something that left at or before `then` still waits.
  bool WaitingSince(absl::Duration then) const;

 private:
  const absl::Duration patience_;
  const std::size_t capacity_;
  std::deque<Departure> departures_;  // oldest first
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_EVENTS_RENAME_PAIRING_H_
