#include "watcher-service/events/poll_schedule.h"

#include <gtest/gtest.h>

namespace hestia {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(30);

TEST(PollScheduleTest, NothingIsDueBeforeTheFirstLook) {
  EXPECT_EQ(PollSchedule(kInterval).next(), absl::InfiniteDuration());
}

TEST(PollScheduleTest, AQuickRoundIsFollowedByTheInterval) {
  PollSchedule schedule(kInterval);
  schedule.Ended(absl::Seconds(100), absl::Seconds(100.5), /*found_changes=*/false, 0);
  EXPECT_EQ(schedule.next(), absl::Seconds(130.5));
  schedule.Ended(absl::Seconds(131), absl::Seconds(131.5), /*found_changes=*/false, 0);
  EXPECT_EQ(schedule.pause(), kInterval);
}

TEST(PollScheduleTest, ABigQuietTreeIsLookedAtLessAndLessUntilItChanges) {
  PollSchedule schedule(kInterval);
  const auto round = [&](bool found_changes) {
    schedule.Ended(absl::ZeroDuration(), absl::Seconds(2), found_changes, 0);
    return schedule.pause();
  };
  EXPECT_EQ(round(false), 2 * kInterval);
  EXPECT_EQ(round(false), 4 * kInterval);
  EXPECT_EQ(round(false), 8 * kInterval);
  EXPECT_EQ(round(false), 8 * kInterval);
  EXPECT_EQ(round(true), kInterval);
}

TEST(PollScheduleTest, ATreeThatTakesLongIsNeverLookedAtMoreThanATenthOfTheTime) {
  PollSchedule schedule(kInterval);
  schedule.Ended(absl::ZeroDuration(), absl::Minutes(1), /*found_changes=*/true, 0);
  EXPECT_EQ(schedule.pause(), absl::Minutes(10));
  EXPECT_EQ(*schedule.last_round(), absl::Minutes(1));
}

TEST(PollScheduleTest, ItVariesByATenth) {
  PollSchedule schedule(kInterval);
  schedule.Ended(absl::ZeroDuration(), absl::ZeroDuration(), true, 1);
  EXPECT_EQ(schedule.next(), absl::Seconds(33));
  schedule.Ended(absl::ZeroDuration(), absl::ZeroDuration(), true, -1);
  EXPECT_EQ(schedule.next(), absl::Seconds(27));
}

}  // namespace
}  // namespace hestia
