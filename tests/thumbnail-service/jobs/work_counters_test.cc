#include "thumbnail-service/jobs/work_counters.h"

#include <gtest/gtest.h>

namespace hestia {
namespace {

TEST(WorkCountersTest, ThroughputIsOverTheLastTenSecondsOnly) {
  WorkCounters counters;
  for (int second = 0; second < 20; ++second) {
    counters.JobFinished(false, absl::ZeroDuration(), absl::Seconds(100 + second));
    counters.JobFinished(false, absl::ZeroDuration(), absl::Seconds(100 + second));
  }
  EXPECT_DOUBLE_EQ(counters.Read(absl::Seconds(119)).throughput_per_second, 2.0);
  EXPECT_DOUBLE_EQ(counters.Read(absl::Seconds(124)).throughput_per_second, 1.0);
  EXPECT_DOUBLE_EQ(counters.Read(absl::Seconds(500)).throughput_per_second, 0.0);
  EXPECT_EQ(counters.Read(absl::Seconds(500)).completed_jobs, 40);
}

TEST(WorkCountersTest, FailedAndCompletedJobsAreCountedApartAndTimedTogether) {
  WorkCounters counters;
  counters.JobFinished(false, absl::Seconds(10), absl::Seconds(11));
  counters.JobFinished(true, absl::Seconds(10), absl::Seconds(13));
  const WorkFigures figures = counters.Read(absl::Seconds(13));
  EXPECT_EQ(figures.completed_jobs, 1);
  EXPECT_EQ(figures.failed_jobs, 1);
  EXPECT_EQ(figures.processing_time, absl::Seconds(4));
}

TEST(WorkCountersTest, ActiveWorkersAreThoseWithAnImageInHand) {
  WorkCounters counters;
  counters.WorkerTookUp();
  counters.WorkerTookUp();
  counters.WorkerPutDown();
  EXPECT_EQ(counters.Read(absl::ZeroDuration()).active_workers, 1);
}

}  // namespace
}  // namespace hestia
