#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_WORK_COUNTERS_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_WORK_COUNTERS_H_

#include <array>
#include <cstdint>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

namespace hestia {

// This replica's numbers since it started.
struct WorkFigures {
  std::int64_t completed_jobs = 0;
  std::int64_t failed_jobs = 0;
  std::int64_t retried_jobs = 0;
  std::int64_t stale_results = 0;
  std::int64_t rendered_images = 0;
  int active_workers = 0;
  double throughput_per_second = 0;  // finished, over the last kThroughputWindowSeconds
  absl::Duration processing_time;    // claim to stored result, summed over finished jobs
};

// Counts what the worker pool does. A job counts as finished when its result is stored.
//
// Thread-safety: every method from any thread. Blocking: never for long.
// `now` is MonotonicNow().
class WorkCounters {
 public:
  static constexpr int kThroughputWindowSeconds = 10;

  void WorkerTookUp() ABSL_LOCKS_EXCLUDED(mu_);
  void WorkerPutDown() ABSL_LOCKS_EXCLUDED(mu_);
  void ImageRendered() ABSL_LOCKS_EXCLUDED(mu_);
  void JobFinished(bool failed, absl::Duration claimed_at, absl::Duration now)
      ABSL_LOCKS_EXCLUDED(mu_);
  void JobRetried() ABSL_LOCKS_EXCLUDED(mu_);
  void ResultStale() ABSL_LOCKS_EXCLUDED(mu_);

  WorkFigures Read(absl::Duration now) const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Second {
    std::int64_t number = -1;  // since boot
    std::int64_t finished = 0;
  };

  mutable absl::Mutex mu_;
  WorkFigures figures_ ABSL_GUARDED_BY(mu_);
  // One slot more than the window: the running second is not complete.
  std::array<Second, kThroughputWindowSeconds + 1> seconds_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_WORK_COUNTERS_H_
