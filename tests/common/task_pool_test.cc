#include "common/task_pool.h"

#include <atomic>

#include <absl/synchronization/notification.h>
#include <gtest/gtest.h>

namespace hestia {
namespace {

TEST(TaskPoolTest, RefusesWhenTheQueueIsFullAndRunsWhatItAccepted) {
  absl::Notification began;
  absl::Notification go_on;
  std::atomic<int> ran = 0;
  TaskPool pool("test", 1, 1);
  ASSERT_TRUE(pool.TryRun([&] {
    began.Notify();
    go_on.WaitForNotification();
    ++ran;
  }));
  began.WaitForNotification();
  EXPECT_TRUE(pool.TryRun([&] { ++ran; }));
  EXPECT_FALSE(pool.TryRun([&] { ++ran; }));
  go_on.Notify();
  pool.Stop();
  EXPECT_EQ(ran, 2);
  EXPECT_FALSE(pool.TryRun([] {}));
}

}  // namespace
}  // namespace hestia
