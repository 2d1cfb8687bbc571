#include "tests/thumbnail-service/store/store_fixture.h"

namespace hestia::test {
namespace {

using ReplicaRegistryTest = StoreTest;

TEST_F(ReplicaRegistryTest, JobsOfAReplicaWithoutHeartbeatAreRescuedAndOthersKept) {
  Tell({Present("a", 1), Present("b", 2)});
  PgReplicaRegistry dying(database_.url(), "replica-b", "test:2");
  ASSERT_TRUE(dying.Beat(WorkFigures{}, 1, "").ok());
  PgJobQueue theirs(database_.url(), "replica-b", "d", 1);
  ASSERT_EQ(theirs.Claim({library_}, 1).value().size(), 1u);
  ASSERT_EQ(queue_.Claim({library_}, 1).value().size(), 1u);
  EXPECT_EQ(registry_.RescueDead(absl::Seconds(10), absl::Hours(1)).value(), 0) << "both live";

  Execute("UPDATE replicas SET heartbeat_at = now() - interval '11 s' WHERE id = 'replica-b';"
          "UPDATE jobs SET claimed_at = now() - interval '11 s'");
  EXPECT_EQ(registry_.RescueDead(absl::Seconds(10), absl::Hours(1)).value(), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM replicas"), 1);
  EXPECT_EQ(ClaimAll().size(), 1u);
}

TEST_F(ReplicaRegistryTest, AClaimOlderThanAnyRenderIsGivenUpThoughItsReplicaLives) {
  Tell({Present("a", 1)});
  ASSERT_EQ(ClaimAll().size(), 1u);
  Execute("UPDATE jobs SET claimed_at = now() - interval '20 min'");
  EXPECT_EQ(registry_.RescueDead(absl::Seconds(10), absl::Minutes(10)).value(), 1);
  EXPECT_EQ(ClaimAll().size(), 1u);
}

TEST_F(ReplicaRegistryTest, OneReplicaHoldsALeaseUntilItExpiresOrIsGivenBack) {
  PgReplicaRegistry other(database_.url(), "replica-b", "test:2");
  EXPECT_FALSE(other.TryLease(library_, absl::Seconds(60)).value().has_value());
  EXPECT_EQ(registry_.TryLease(library_, absl::Seconds(60)).value()->token, lease_.token)
      << "renewing keeps the token";
  ASSERT_TRUE(registry_.ReleaseLease(lease_).ok());
  const auto taken = other.TryLease(library_, absl::Seconds(60)).value();
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->token, lease_.token + 1);
}

TEST_F(ReplicaRegistryTest, LeavingHandsBackJobsAndLeasesAtOnce) {
  Tell({Present("a", 1)});
  ASSERT_EQ(ClaimAll().size(), 1u);
  ASSERT_TRUE(registry_.Leave().ok());
  EXPECT_EQ(Number("SELECT count(*) FROM replicas"), 0);
  EXPECT_EQ(ClaimAll().size(), 1u);
  PgReplicaRegistry other(database_.url(), "replica-b", "test:2");
  EXPECT_TRUE(other.TryLease(library_, absl::Seconds(60)).value().has_value());
}

TEST_F(ReplicaRegistryTest, ALibraryThatIsNotWatchedAnyMoreIsDetachedAndKeepsItsRows) {
  Tell({Present("a", 1)});
  ASSERT_TRUE(registry_.RegisterLibraries({}).ok());
  EXPECT_EQ(catalog_.ReadStats().value().libraries[0].state, "DETACHED");
  EXPECT_EQ(Number("SELECT count(*) FROM files"), 1);
  const WatchedLibrary back{.name = "photos", .root = "/p", .state = "WATCHING"};
  EXPECT_EQ(registry_.RegisterLibraries({back}).value().front().id, library_);
}

TEST_F(ReplicaRegistryTest, ContentsAreCollectedOnceNothingRefersToThemAndTheGraceHasPassed) {
  Tell({Present("a", 1), Present("b", 2)});
  RenderAll("same");
  Tell({Absent("a")});
  EXPECT_EQ(registry_.CollectRemoved(absl::ZeroDuration()).value(), 0) << "b still has it";
  Tell({Absent("b")});
  EXPECT_EQ(registry_.CollectRemoved(absl::Hours(1)).value(), 0) << "within the grace";
  EXPECT_EQ(registry_.CollectRemoved(absl::ZeroDuration()).value(), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnails"), 0);
}

}  // namespace
}  // namespace hestia::test
