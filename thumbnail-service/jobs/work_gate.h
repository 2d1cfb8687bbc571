#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_WORK_GATE_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_WORK_GATE_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/monotonic_clock.h"
#include "thumbnail-service/jobs/fence.h"

namespace hestia {

// Whether the pool's threads may touch the queue: while the replica's fence is open, until the pool
// stops.
//
// Thread-safety: every method from any thread. Lifetime: the fence, if there is one, outlives it.
class WorkGate {
 public:
  explicit WorkGate(const Fence* fence) : fence_(fence) {}

  // Waits until the fence is open, or Close(). Whether the fence is open.
  bool AwaitOpen() ABSL_LOCKS_EXCLUDED(mu_) {
    while (fence_ != nullptr && !fence_->IsOpen(MonotonicNow())) {
      if (closed()) return false;
      fence_->AwaitOpen(MonotonicNow(), kFenceLook);
    }
    return true;
  }
  // Waits for Close() or `timeout`.
  void AwaitClosed(absl::Duration timeout) ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    mu_.AwaitWithTimeout(absl::Condition(&closed_), timeout);
  }
  bool closed() const ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    return closed_;
  }
  // For good. Never blocks.
  void Close() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    closed_ = true;
  }

 private:
  static constexpr absl::Duration kFenceLook = absl::Milliseconds(200);

  const Fence* const fence_;
  mutable absl::Mutex mu_;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_WORK_GATE_H_
