#ifndef HESTIA_WATCHER_SERVICE_WATCH_SYNC_TICKETS_H_
#define HESTIA_WATCHER_SERVICE_WATCH_SYNC_TICKETS_H_

#include <cstdint>
#include <functional>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "watcher-service/events/cursor.h"
#include "watcher-service/tree/inotify_reader.h"
#include "watcher-service/watch/event_translator.h"

namespace hestia {

struct SyncResult {
  Cursor cursor;
  std::uint32_t settling_files = 0;
};
using SyncDone = std::function<void(const absl::StatusOr<SyncResult>&)>;

// Rounds of looking through what is polled, walks of everything included, counted since start.
struct PollRounds {
  bool needed = false;  // something is polled
  std::uint64_t begun = 0;
  std::uint64_t ended = 0;
};

// Syncs on their way. Each waits first until the kernel's queue has been emptied once more and,
// where something is polled, a whole round that began later has ended; then until what was
// settling or half renamed at that moment is told. A file that goes on changing is waited for as
// long as a look for stillness takes, then only counted.
//
// Thread-safety: Add from any thread; the rest from the watch thread. Callbacks run on the
//   watch thread, without a lock.
// Memory: 1,024 waiting Syncs, and as many not yet seen by the watch thread.
class SyncTickets {
 public:
  // Has the kernel's queue emptied by `reader`. False: too many; `done` is not called.
  bool Add(SyncDone done, InotifyReader& reader);

  // Whether any is waiting; takes in the new ones.
  bool Any();
  // Answers those that have reached their goal. `flushed` as in EventBuffer::Batch.
  void Answer(std::uint64_t flushed, const PollRounds& rounds, const EventTranslator& translator,
              const Cursor& head, absl::Duration now);
  // Whether one waits for a round that has not begun.
  bool WantsRound(const PollRounds& rounds) const;
  // Answers all with an error.
  void Fail(const absl::Status& why);

  // When Answer has something to do although nothing happened.
  absl::Duration NextDeadline(const SettleSet::Timing& timing, absl::Duration now) const;

 private:
  struct Ticket {
    SyncDone done;
    std::uint64_t flush = 0;
    std::uint64_t round = 0;  // the first that began later; 0 = not known yet
    bool armed = false;  // the queue was empty
    absl::Duration armed_at;
    std::uint64_t serial = 0;  // of the settle set when armed
  };

  static bool Reached(Ticket& ticket, std::uint64_t flushed, const PollRounds& rounds,
                      const EventTranslator& translator, absl::Duration now);

  absl::Mutex mu_;
  std::vector<Ticket> added_ ABSL_GUARDED_BY(mu_);
  std::vector<Ticket> waiting_;  // the watch thread's
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_WATCH_SYNC_TICKETS_H_
