#include <iostream>

#include <gtest/gtest.h>

#include "thumbnail-service/model/explorer.h"

namespace hestia::model {
namespace {

// Every order of all steps within the bounds, with all rules in force.
void ExpectNothingBroken(const Bounds& bounds) {
  const Finding finding = Explore(Rules(), bounds);
  std::cout << Describe(finding);
  EXPECT_EQ(finding.broken, Property::kNone);
  // An exploration that got nowhere would prove nothing.
  EXPECT_GT(finding.states, 10'000U);
}

TEST(LeaseAndFinishModelTest, IngestLosesNothingWhenALeaseExpiresUnderItsHolder) {
  ExpectNothingBroken({.workers = 1,
                       .changes = 2,
                       .expiries = 1,
                       .replica_crashes = 1,
                       .stream_losses = true,
                       .unanswered_commits = true});
}

TEST(LeaseAndFinishModelTest, IngestLosesNothingWhenACommitTakesPlaceAfterItWasGivenUp) {
  ExpectNothingBroken({.workers = 1,
                       .changes = 2,
                       .expiries = 1,
                       .late_commits = 1,
                       .stream_losses = true});
}

TEST(LeaseAndFinishModelTest, ListingsOfTwoFilesLoseNothingWhenTheyAreCutShort) {
  ExpectNothingBroken({.paths = 2, .workers = 1, .changes = 1, .expiries = 1,
                       .stream_losses = true});
}

TEST(LeaseAndFinishModelTest, RescansAndLostHistoryLoseNothing) {
  ExpectNothingBroken({.replicas = 1,
                       .workers = 1,
                       .changes = 2,
                       .rescans = 1,
                       .history_losses = 1,
                       .stream_losses = true,
                       .unanswered_commits = true});
}

TEST(LeaseAndFinishModelTest, BytesThatChangeUnderTheirOldStampAreNotMissed) {
  ExpectNothingBroken(
      {.replicas = 1, .workers = 1, .changes = 5, .same_stamp = true, .history_losses = 1});
}

TEST(LeaseAndFinishModelTest, BytesThatChangeUnderTheirOldStampAreNotMissedByListingsCutShort) {
  ExpectNothingBroken({.replicas = 1,
                       .workers = 1,
                       .changes = 3,
                       .same_stamp = true,
                       .rescans = 1,
                       .stream_losses = true,
                       .unanswered_commits = true});
}

TEST(LeaseAndFinishModelTest, JobsSurviveACrashAndAZombieThatFinishesLate) {
  ExpectNothingBroken({.replicas = 1,
                       .changes = 2,
                       .worker_crashes = 1,
                       .false_rescues = 1,
                       .troubles = 1,
                       .unanswered_commits = true});
}

TEST(LeaseAndFinishModelTest, JobsSurviveAStopAndAClaimWhoseAnswerIsLost) {
  ExpectNothingBroken({.replicas = 1,
                       .changes = 2,
                       .worker_stops = 1,
                       .lost_claims = 1,
                       .unanswered_commits = true});
}

TEST(LeaseAndFinishModelTest, JobsSurviveTheCollectionOfWhatTheyFoundDone) {
  ExpectNothingBroken({.replicas = 1,
                       .changes = 2,
                       .false_rescues = 1,
                       .collections = 1,
                       .unanswered_commits = true});
}

TEST(LeaseAndFinishModelTest, AZombieOfEachKindAndACrashOfEachKindTogetherLoseNothing) {
  ExpectNothingBroken({.changes = 1,
                       .expiries = 1,
                       .replica_crashes = 1,
                       .worker_crashes = 1,
                       .false_rescues = 1});
}

}  // namespace
}  // namespace hestia::model
