#include "thumbnail-service/jobs/liveness_judge.h"

#include <gtest/gtest.h>

namespace hestia {
namespace {

class LivenessJudgeTest : public testing::Test {
 protected:
  static ReplicaSign Sign(std::optional<std::int64_t> beats, bool has_session = true) {
    return ReplicaSign{.id = "r", .beats = beats, .has_session = has_session};
  }
  // Whether it is dead at a moment of the test's own clock.
  bool Dead(double at_s, const ReplicaSign& sign) {
    return !judge_.Dead(absl::Seconds(at_s), {sign}).empty();
  }

  LivenessJudge judge_{LivenessJudge::Patience{}};
};

TEST_F(LivenessJudgeTest, AReplicaWithoutASessionIsDeadAfterTwoSeconds) {
  EXPECT_FALSE(Dead(100, Sign(1)));
  EXPECT_FALSE(Dead(101, Sign(1, false)));
  EXPECT_FALSE(Dead(101.9, Sign(1, false)));
  EXPECT_TRUE(Dead(102, Sign(1, false)));
}

TEST_F(LivenessJudgeTest, ASessionMadeAnewInTimeIsASignOfLife) {
  EXPECT_FALSE(Dead(100, Sign(1)));
  EXPECT_FALSE(Dead(101.5, Sign(1, false)));
  EXPECT_FALSE(Dead(102, Sign(2)));
  EXPECT_FALSE(Dead(103.5, Sign(3, false)));
}

TEST_F(LivenessJudgeTest, AHeartbeatThatDoesNotMoveForTenSecondsIsDeath) {
  for (double at = 100; at < 110; at += 1) EXPECT_FALSE(Dead(at, Sign(7))) << at;
  EXPECT_TRUE(Dead(110, Sign(7)));
}

TEST_F(LivenessJudgeTest, AMovingHeartbeatIsLife) {
  for (int i = 0; i < 60; ++i) EXPECT_FALSE(Dead(100 + i, Sign(i / 5)));
}

TEST_F(LivenessJudgeTest, ClaimsWithoutARowAreGivenUpAfterTwoSeconds) {
  EXPECT_FALSE(Dead(100, Sign(std::nullopt)));
  EXPECT_FALSE(Dead(101, Sign(std::nullopt)));
  EXPECT_TRUE(Dead(102, Sign(std::nullopt)));
}

TEST_F(LivenessJudgeTest, WhoCouldNotLookForAWhileJudgesNobodyByTheGap) {
  EXPECT_FALSE(Dead(100, Sign(1, false)));
  EXPECT_FALSE(Dead(160, Sign(1, false))) << "this process stood still, or the database did";
  EXPECT_FALSE(Dead(161, Sign(1, false)));
  EXPECT_TRUE(Dead(162, Sign(1, false)));
}

TEST_F(LivenessJudgeTest, AReplicaThatLeftAndCameBackBeginsAnew) {
  EXPECT_FALSE(Dead(100, Sign(1, false)));
  EXPECT_TRUE(judge_.Dead(absl::Seconds(101), {}).empty());
  EXPECT_FALSE(Dead(102.5, Sign(1, false)));
}

}  // namespace
}  // namespace hestia
