#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_FENCE_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_FENCE_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

namespace hestia {

// Whether this replica may claim jobs and store their results: only while it knows that the
// others take it for alive. Opened by each heartbeat for a while, so a replica that was
// stopped, or whose heartbeat hangs, fences itself before the others give its jobs away.
// Politeness, not the guard: that is the token of each claim.
//
// Thread-safety: every method from any thread. Blocking: AwaitOpen alone.
// `now` and `until` are MonotonicNow().
class Fence {
 public:
  // Closed until the first call.
  void OpenUntil(absl::Duration until) ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    until_ = until;
  }
  void Close() ABSL_LOCKS_EXCLUDED(mu_) { OpenUntil(absl::ZeroDuration()); }

  bool IsOpen(absl::Duration now) const ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    return now < until_;
  }
  // Waits until it may be open again, `timeout` at most.
  void AwaitOpen(absl::Duration now, absl::Duration timeout) const ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    const auto open = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return now < until_; };
    mu_.AwaitWithTimeout(absl::Condition(&open), timeout);
  }

 private:
  mutable absl::Mutex mu_;
  absl::Duration until_ ABSL_GUARDED_BY(mu_) = absl::ZeroDuration();
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_FENCE_H_
