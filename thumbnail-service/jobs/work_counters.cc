#include "thumbnail-service/jobs/work_counters.h"

namespace hestia {

void WorkCounters::WorkerTookUp() {
  absl::MutexLock lock(&mu_);
  ++figures_.active_workers;
}

void WorkCounters::WorkerPutDown() {
  absl::MutexLock lock(&mu_);
  --figures_.active_workers;
}

void WorkCounters::ImageRendered() {
  absl::MutexLock lock(&mu_);
  ++figures_.rendered_images;
}

void WorkCounters::JobFinished(bool failed, absl::Duration claimed_at, absl::Duration now) {
  absl::MutexLock lock(&mu_);
  ++(failed ? figures_.failed_jobs : figures_.completed_jobs);
  figures_.processing_time += now - claimed_at;
  const std::int64_t number = absl::ToInt64Seconds(now);
  Second& second = seconds_[static_cast<std::size_t>(number) % seconds_.size()];
  if (second.number != number) second = Second{.number = number, .finished = 0};
  ++second.finished;
}

void WorkCounters::JobRetried() {
  absl::MutexLock lock(&mu_);
  ++figures_.retried_jobs;
}

void WorkCounters::ResultStale() {
  absl::MutexLock lock(&mu_);
  ++figures_.stale_results;
}

WorkFigures WorkCounters::Read(absl::Duration now) const {
  absl::MutexLock lock(&mu_);
  WorkFigures figures = figures_;
  const std::int64_t number = absl::ToInt64Seconds(now);
  std::int64_t finished = 0;
  for (const Second& second : seconds_) {
    if (second.number > number - kThroughputWindowSeconds) finished += second.finished;
  }
  figures.throughput_per_second =
      static_cast<double>(finished) / static_cast<double>(kThroughputWindowSeconds);
  return figures;
}

}  // namespace hestia
