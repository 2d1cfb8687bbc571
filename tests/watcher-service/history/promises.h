#ifndef HESTIA_TESTS_WATCHER_SERVICE_HISTORY_PROMISES_H_
#define HESTIA_TESTS_WATCHER_SERVICE_HISTORY_PROMISES_H_

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <absl/time/time.h>

#include "tests/watcher-service/history/history.h"

namespace hestia {

// What the stream promises. Each has a check that looks at a recorded history and says in a
// sentence what broke it; none when it was kept. The contract is watcher.proto.
//
// Thread-safety: pure functions.
enum class Promise {
  kOrdered,
  kUnique,
  kTrue,
  kReliable,
  kResumable,
  kBookmarkable,
  kFresh,
  kBounded,
  kConverging,
};
inline constexpr Promise kAllPromises[] = {
    Promise::kOrdered,      Promise::kUnique, Promise::kTrue,    Promise::kReliable,  Promise::kResumable,
    Promise::kBookmarkable, Promise::kFresh,  Promise::kBounded, Promise::kConverging};

struct Terms {
  absl::Duration sign_of_life = absl::Seconds(1);  // at most so long between two frames
  absl::Duration convergence = absl::Seconds(2);   // settle time, or poll interval, + 1 s
  absl::Duration grace = absl::ZeroDuration();     // on top of both, for a machine that is busy
  // A writer's close is told even when size, time and inode stay; not so where files are polled.
  bool closes_are_seen = true;
};

using Verdict = std::optional<std::string>;

// Sequences only rise, frames of work are counted one by one, listings neither nest nor carry
// cursors, and their entries come in byte order of path.
Verdict CheckOrdered(const History& history);
// No mark, and within a frame no path, is delivered twice on one stream.
Verdict CheckUnique(const History& history);
// A frame tells a state that was on the disk between the moment its credit was granted and the
// moment it was received. When the root was replaced, one may still tell of the root before,
// until the snapshot that follows or an answer of Sync.
Verdict CheckTrue(const History& history);
// When a subscriber has reached the cursor of a Sync, every path that changed before that Sync
// was told after its change, unless its changes left what had been told of it.
Verdict CheckReliable(const History& history, const Terms& terms);
// Who comes with a cursor goes on after it, or gets a snapshot with a fitting reason; an epoch
// changes in no other way.
Verdict CheckResumable(const History& history);
// After a bookmark nothing at or before it comes, and a subscriber that reads hears something
// each second, unless the watcher was halted.
Verdict CheckBookmarkable(const History& history, const Terms& terms);
// A finished listing names everything that lay in its scope from before it began until after
// it ended, but for what it could not read.
Verdict CheckFresh(const History& history);
// Frames of work never exceed the credits granted, a frame holds 1 to 256 states, and the
// journal keeps within its capacity.
Verdict CheckBounded(const History& history);
// Every subscriber reaches the cursor of a Sync in time, and then knows exactly what is on the
// disk.
Verdict CheckConverging(const History& history, const Terms& terms);

// What was broken.
struct Violation {
  Promise promise;
  std::string sentence;
};
std::vector<Violation> CheckAll(const History& history, const Terms& terms);

std::ostream& operator<<(std::ostream& out, Promise promise);
std::ostream& operator<<(std::ostream& out, const Violation& violation);

}  // namespace hestia

#endif  // HESTIA_TESTS_WATCHER_SERVICE_HISTORY_PROMISES_H_
