#include "thumbnail-service/store/pg_rescue_store.h"

#include <gmock/gmock.h>

#include "tests/thumbnail-service/store/store_fixture.h"

namespace hestia::test {
namespace {

constexpr int kDeaths = 3;

// replica-a is the fixture's; replica-b has claimed and dies.
class RescueStoreTest : public StoreTest {
 protected:
  RescueStoreTest() : rescue_(database_.url(), "replica-a") { Register(); }

  void Register() {
    dying_ = std::make_unique<PgReplicaRegistry>(database_.url(), "replica-b", "test:2");
    EXPECT_TRUE(dying_->Beat(WorkFigures{}, 1, "").ok());
  }
  ReplicaSign Sign() {
    const std::vector<ReplicaSign> signs = rescue_.Survey().value();
    EXPECT_EQ(signs.size(), 1u);
    return signs.empty() ? ReplicaSign{} : signs.front();
  }
  // replica-b claims what there is, suspects included, and dies of it.
  RescueEffect Die() {
    if (theirs_.Claim({library_}, 10).value().empty()) {
      EXPECT_TRUE(theirs_.ClaimSuspect({library_}).value().has_value());
    }
    const RescueEffect effect = rescue_.RescueFrom(Sign(), kDeaths).value();
    Register();
    return effect;
  }

  PgRescueStore rescue_;
  std::unique_ptr<PgReplicaRegistry> dying_;
  PgJobQueue theirs_{database_.url(), "replica-b", "d", 1};
};

TEST_F(RescueStoreTest, ASurveyShowsHeartbeatsAndWhetherTheSessionStands) {
  const ReplicaSign alive = Sign();
  EXPECT_EQ(alive.id, "replica-b");
  EXPECT_TRUE(alive.has_session);
  ASSERT_TRUE(dying_->Beat(WorkFigures{}, 1, "").ok());
  EXPECT_EQ(*Sign().beats, *alive.beats + 1);
  dying_.reset();
  // The server notices the end of a connection in its own time.
  for (int i = 0; i < 10'000 && Sign().has_session; ++i) {
  }
  EXPECT_FALSE(Sign().has_session);
}

TEST_F(RescueStoreTest, ASessionThatWasKilledIsTakenAnewWithTheNextBeat) {
  Execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_locks "
          "WHERE locktype = 'advisory' AND objsubid = 1 AND database = "
          "(SELECT oid FROM pg_database WHERE datname = current_database())");
  EXPECT_FALSE(Sign().has_session);
  EXPECT_FALSE(dying_->Beat(WorkFigures{}, 1, "").ok()) << "never re-activated silently";
  ASSERT_TRUE(dying_->Beat(WorkFigures{}, 1, "").ok());
  EXPECT_TRUE(Sign().has_session);
}

TEST_F(RescueStoreTest, JobsAndLeasesOfADeadReplicaAreFreeAndOthersKept) {
  Tell({Present("a", 1), Present("b", 2)});
  ASSERT_EQ(theirs_.Claim({library_}, 1).value().size(), 1u);
  ASSERT_EQ(queue_.Claim({library_}, 1).value().size(), 1u);
  ASSERT_TRUE(registry_.ReleaseLease(lease_).ok());
  ASSERT_TRUE(dying_->TryLease(library_, absl::Hours(1)).value().has_value());

  EXPECT_EQ(rescue_.RescueFrom(Sign(), kDeaths).value().requeued, 1);
  EXPECT_EQ(Number("SELECT count(*) FROM replicas"), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM jobs WHERE claim_token IS NOT NULL"), 1);
  EXPECT_TRUE(registry_.TryLease(library_, absl::Seconds(60)).value().has_value());
}

TEST_F(RescueStoreTest, AReplicaThatGaveASignSinceTheSurveyIsLeftAlone) {
  Tell({Present("a", 1)});
  ASSERT_EQ(theirs_.Claim({library_}, 1).value().size(), 1u);
  const ReplicaSign seen = Sign();
  ASSERT_TRUE(dying_->Beat(WorkFigures{}, 1, "").ok());
  EXPECT_EQ(rescue_.RescueFrom(seen, kDeaths).value().requeued, 0);
  EXPECT_EQ(Number("SELECT count(*) FROM jobs WHERE claim_token IS NOT NULL"), 1);
}

TEST_F(RescueStoreTest, ClaimsWithoutARowAreSeenAndRescued) {
  Tell({Present("a", 1)});
  ASSERT_EQ(theirs_.Claim({library_}, 1).value().size(), 1u);
  Execute("DELETE FROM replicas WHERE id = 'replica-b'");
  const ReplicaSign orphaned = Sign();
  EXPECT_FALSE(orphaned.beats.has_value());
  EXPECT_EQ(rescue_.RescueFrom(orphaned, kDeaths).value().requeued, 1);
}

TEST_F(RescueStoreTest, AJobWhoseReplicaDiedIsASuspectAndClaimedOnlyAsSuch) {
  Tell({Present("a", 1)});
  EXPECT_EQ(Die().requeued, 1);
  EXPECT_THAT(ClaimAll(), testing::IsEmpty());
  EXPECT_TRUE(queue_.SuspectsWait({library_}).value());
  const std::optional<ClaimedJob> suspect = queue_.ClaimSuspect({library_}).value();
  ASSERT_TRUE(suspect.has_value());
  EXPECT_EQ(suspect->deaths, 1);
  EXPECT_EQ(suspect->attempts, 0) << "a death is no attempt";
  EXPECT_FALSE(queue_.SuspectsWait({library_}).value());
  EXPECT_EQ(queue_.Finish({Result(*suspect, "innocent")}).value()[0], FinishEffect::kStored);
}

TEST_F(RescueStoreTest, TheThirdDeathOnAFileIsItsVerdict) {
  Tell({Present("a", 1)});
  EXPECT_EQ(Die().requeued, 1);
  EXPECT_EQ(Die().requeued, 1);
  EXPECT_EQ(Die().given_up, 1);
  EXPECT_EQ(Number("SELECT count(*) FROM jobs"), 0);
  const std::vector<FailureRow> failures = catalog_.ListFailures(library_, "", 10).value();
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures[0].verdict.code, "REPLICA_DIED");
}

TEST_F(RescueStoreTest, DeathsBelongToTheVersionThatWasInWork) {
  Tell({Present("a", 1, 1)});
  Die();
  Die();
  Tell({Present("a", 1, 2)});
  EXPECT_EQ(ClaimAll().size(), 1u) << "new bytes are no suspect";
}

TEST_F(RescueStoreTest, AClaimOlderThanAnyRenderIsGivenUpThoughItsReplicaLives) {
  Tell({Present("a", 1)});
  ASSERT_EQ(ClaimAll().size(), 1u);
  EXPECT_EQ(rescue_.RescueOverdue(absl::Minutes(10)).value(), 0);
  Execute("UPDATE jobs SET claimed_at = now() - interval '20 min'");
  EXPECT_EQ(rescue_.RescueOverdue(absl::Minutes(10)).value(), 1);
  EXPECT_EQ(ClaimAll().size(), 1u);
}

}  // namespace
}  // namespace hestia::test
