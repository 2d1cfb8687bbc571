#include "tests/thumbnail-service/store/store_fixture.h"

#include <thread>

#include <absl/strings/str_cat.h>

namespace hestia::test {
namespace {

class ReplicaRegistryTest : public StoreTest {
 protected:
  // Has the one file there is read again, whose stamp is the same.
  ClaimedJob ReadAgain() {
    Execute(absl::StrCat("DELETE FROM thumbnails WHERE recipe_id = ", recipes_.back().id));
    EXPECT_EQ(catalog_.QueueMissing(library_).value(), 1);
    return ClaimAll().front();
  }
};

TEST_F(ReplicaRegistryTest, ABeatTellsWhenItsRowWasGone) {
  EXPECT_FALSE(registry_.Beat(WorkFigures{}, 2, "").value().inserted);
  Execute("DELETE FROM replicas");
  EXPECT_TRUE(registry_.Beat(WorkFigures{}, 2, "").value().inserted);
}

TEST_F(ReplicaRegistryTest, ABeatTellsWhenTheSchemaIsOfANewerRelease) {
  EXPECT_EQ(registry_.Beat(WorkFigures{}, 2, "").value().newer_schema, 0);
  Execute("INSERT INTO schema_migrations (number, name) VALUES (9999, 'future')");
  EXPECT_EQ(registry_.Beat(WorkFigures{}, 2, "").value().newer_schema, 9999);
}

// Each alone spares what the other's identity refers to; only one after the other do they see it.
TEST_F(ReplicaRegistryTest, OfTwoCollectionsAtOnceOneTakesWhatBothReferTo) {
  Tell({Present("a", 1), Present("b", 2)});
  RenderAll("same");
  Tell({Absent("a"), Absent("b")});
  ASSERT_EQ(Number("SELECT count(*) FROM removed_files"), 2);
  // As a collection in another replica: it has taken its identity and has not committed yet.
  pqxx::connection other(database_.url());
  pqxx::work collecting(other);
  collecting.exec("SELECT pg_advisory_xact_lock(104111110)");
  collecting.exec("DELETE FROM removed_files WHERE id = (SELECT min(id) FROM removed_files)");
  int collected = -1;
  std::thread second([&] { collected = registry_.CollectRemoved(absl::ZeroDuration()).value(); });
  AwaitBlockedSession();
  collecting.commit();
  second.join();
  EXPECT_EQ(collected, 1);
  EXPECT_EQ(Number("SELECT count(*) FROM contents"), 0);
}

TEST_F(ReplicaRegistryTest, LeasesAreRenewedWhileIngestWritesAndNotTakenOver) {
  pqxx::connection ingesting(database_.url());
  pqxx::work transaction(ingesting);
  transaction.exec("SELECT 1 FROM library_leases FOR KEY SHARE");
  Execute("UPDATE library_leases SET expires_at = now() + interval '1 s'");
  ASSERT_TRUE(registry_.RenewLeases(absl::Hours(1)).ok());
  EXPECT_EQ(Number("SELECT count(*) FROM library_leases "
                   "WHERE expires_at > now() + interval '59 min'"), 1);

  Execute("UPDATE library_leases SET expires_at = '-infinity'");
  PgReplicaRegistry other(database_.url(), "replica-b", "test:2");
  EXPECT_FALSE(other.TryLease(library_, absl::Seconds(60)).value().has_value())
      << "a transaction of the holder may still commit";
  transaction.abort();
  EXPECT_TRUE(other.TryLease(library_, absl::Seconds(60)).value().has_value());
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

TEST_F(ReplicaRegistryTest, WhatAFileHadBeforeItCouldNotBeReadIsCollectedWithIt) {
  Tell({Present("a", 1)});
  RenderAll();
  JobResult denied{.job = ReadAgain()};
  denied.verdict = Verdict{"UNREADABLE", "permission denied"};
  ASSERT_EQ(queue_.Finish({denied}).value().front(), FinishEffect::kStored);
  EXPECT_EQ(registry_.CollectRemoved(absl::ZeroDuration()).value(), 0) << "the file is there";
  Tell({Absent("a")});
  EXPECT_EQ(registry_.CollectRemoved(absl::ZeroDuration()).value(), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnails"), 0);
}

TEST_F(ReplicaRegistryTest, BytesThatOthersReplacedUnderTheSameStampAreCollected) {
  Tell({Present("a", 1)});
  RenderAll("old");
  ASSERT_EQ(queue_.Finish({Result(ReadAgain(), "old")}).value().front(), FinishEffect::kStored);
  EXPECT_EQ(Number("SELECT count(*) FROM removed_files"), 0) << "they are the same";
  ASSERT_EQ(queue_.Finish({Result(ReadAgain(), "new")}).value().front(), FinishEffect::kStored);
  EXPECT_EQ(Number("SELECT count(*) FROM removed_files WHERE inode IS NOT NULL"), 0)
      << "their stamp is that of other bytes now";
  EXPECT_EQ(registry_.CollectRemoved(absl::Hours(1)).value(), 0) << "within the grace";
  EXPECT_EQ(registry_.CollectRemoved(absl::ZeroDuration()).value(), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM contents"), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnails"), 3);
}

}  // namespace
}  // namespace hestia::test
