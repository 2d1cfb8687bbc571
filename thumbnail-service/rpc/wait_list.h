#ifndef HESTIA_THUMBNAIL_SERVICE_RPC_WAIT_LIST_H_
#define HESTIA_THUMBNAIL_SERVICE_RPC_WAIT_LIST_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/named_thread.h"

namespace hestia {

// A call that waits for work to be done elsewhere. All members run on the wait list's thread.
struct Waiter {
  absl::Time deadline = absl::InfiniteFuture();
  std::function<bool()> cancelled;                // the caller has gone
  std::function<bool()> try_finish;               // answers the call if it can; true: answered
  std::function<void(absl::Status)> abandon;      // answers it with an error
};

// Calls that wait, looked at again whenever something was ingested or finished: thousands of
// them cost one thread, not one each.
//
// Thread-safety: Add and Poke from any thread; neither blocks for long. Stop from the owner's.
// Memory: at most `capacity` waiters.
class WaitList {
 public:
  // Starts one thread, "wait".
  explicit WaitList(std::size_t capacity);
  ~WaitList();

  // Takes a waiter and looks at it soon. False when full or stopped: nothing was called, so
  // the caller answers RESOURCE_EXHAUSTED.
  bool Add(Waiter waiter) ABSL_LOCKS_EXCLUDED(mu_);

  // Something happened: look at all again.
  void Poke() ABSL_LOCKS_EXCLUDED(mu_);

  // Abandons all with UNAVAILABLE and joins. Idempotent.
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Run();
  bool PokedLocked() const ABSL_SHARED_LOCKS_REQUIRED(mu_) { return poked_ || stopping_; }

  const std::size_t capacity_;
  absl::Mutex mu_;
  bool poked_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::size_t count_ ABSL_GUARDED_BY(mu_) = 0;  // arrived_ and those the thread holds
  std::vector<Waiter> arrived_ ABSL_GUARDED_BY(mu_);
  NamedThread thread_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RPC_WAIT_LIST_H_
