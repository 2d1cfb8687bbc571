#include <iostream>

#include <gtest/gtest.h>

#include "thumbnail-service/model/explorer.h"

// Each rule is taken out, and the property it is there for must be found broken. That tells
// that the exploration can find what it looks for, and what each rule is good for.
namespace hestia::model {
namespace {

void ExpectBroken(Rule rule, const Bounds& bounds, Property property,
                  Property overlooked = Property::kNone) {
  const Finding with = Explore(Rules(), bounds);
  EXPECT_EQ(with.broken, Property::kNone) << Describe(with);
  const Finding without = Explore(Rules::Without(rule), bounds, overlooked);
  std::cout << Describe(without);
  EXPECT_EQ(without.broken, property);
}

TEST(MissingRuleTest, WithoutTheLeaseLockAHolderOfThePastWrites) {
  ExpectBroken(Rule::kLeaseGuardsIngest, {.workers = 1, .changes = 1, .expiries = 1},
               Property::kNoWriteByPastLease);
}

TEST(MissingRuleTest, WhatAHolderOfThePastWritesIsNotMendedByTheStoredCursor) {
  ExpectBroken(Rule::kLeaseGuardsIngest,
               {.workers = 1, .changes = 2, .expiries = 1, .stream_losses = true},
               Property::kCursorNotAhead, Property::kNoWriteByPastLease);
}

TEST(MissingRuleTest, ACursorStoredBeforeItsEffectIsAhead) {
  ExpectBroken(Rule::kCursorComesWithEffect, {.replicas = 1, .workers = 1, .changes = 1},
               Property::kCursorNotAhead);
}

TEST(MissingRuleTest, ACursorStoredInsideAListingIsNoticed) {
  ExpectBroken(Rule::kNoCursorInsideListing, {.replicas = 1, .workers = 1},
               Property::kNoCursorInsideSnapshot);
}

TEST(MissingRuleTest, ACursorStoredInsideAListingIsAheadOfWhatIsNotListedYet) {
  ExpectBroken(Rule::kNoCursorInsideListing, {.replicas = 1, .workers = 1},
               Property::kCursorNotAhead, Property::kNoCursorInsideSnapshot);
}

TEST(MissingRuleTest, AListingsEndThatLooksAtNoMarksRemovesWhatIsThere) {
  ExpectBroken(Rule::kEndRemovesOnlyTheUnlisted,
               {.replicas = 1, .workers = 1, .stream_losses = true}, Property::kCursorNotAhead);
}

TEST(MissingRuleTest, MarksOfAListingCutShortRemoveWhatIsThere) {
  ExpectBroken(Rule::kMarksEndWithTheirListing,
               {.paths = 2, .replicas = 1, .workers = 1, .changes = 2, .stream_losses = true},
               Property::kCursorNotAhead);
}

TEST(MissingRuleTest, ACommitOfTheSessionBeforeBringsBackWhatAListingProvedGone) {
  ExpectBroken(Rule::kResumeAwaitsOwnCommits,
               {.replicas = 1, .workers = 1, .changes = 1, .late_commits = 1},
               Property::kCursorNotAhead);
}

TEST(MissingRuleTest, AClosedWriteForgottenWithARemovalLeavesOldThumbnails) {
  ExpectBroken(Rule::kClosedWriteOutlivesRemoval,
               {.replicas = 1, .workers = 1, .changes = 3, .same_stamp = true},
               Property::kCursorNotAhead);
}

TEST(MissingRuleTest, AClosedWriteThatAListingCoversLeavesOldThumbnails) {
  ExpectBroken(Rule::kListingTellsClosedWrites,
               {.replicas = 1,
                .workers = 1,
                .changes = 1,
                .same_stamp = true,
                .stream_losses = true},
               Property::kCursorNotAhead);
}

TEST(MissingRuleTest, AnIdentityThatOutlivesARewriteLeavesOldThumbnails) {
  ExpectBroken(
      Rule::kRewriteForgetsIdentity,
      {.replicas = 1, .workers = 1, .changes = 5, .same_stamp = true, .history_losses = 1},
      Property::kCursorNotAhead);
}

TEST(MissingRuleTest, WithoutTheTokenGuardALateFinishTakesAnotherClaim) {
  ExpectBroken(Rule::kTokenGuardsFinish, {.replicas = 1, .changes = 1, .false_rescues = 1},
               Property::kResultOfItsVersion);
}

TEST(MissingRuleTest, WithoutTheVersionGuardAnOldResultStandsForANewFile) {
  ExpectBroken(Rule::kVersionGuardsFinish, {.replicas = 1, .changes = 1},
               Property::kResultOfItsVersion);
}

TEST(MissingRuleTest, AJobDeletedWithoutAVersionCheckIsTheNewVersionsLostJob) {
  ExpectBroken(Rule::kVersionGuardsJob, {.replicas = 1, .changes = 1}, Property::kNoLostJob);
}

TEST(MissingRuleTest, AFinishThatInsertsFilesBringsBackARemovedOne) {
  ExpectBroken(Rule::kFinishCreatesNoFile, {.replicas = 1, .changes = 1},
               Property::kNotResurrected);
}

TEST(MissingRuleTest, AJobEndedApartFromItsResultIsDoneTwice) {
  ExpectBroken(Rule::kResultEndsItsJob, {.replicas = 1, .worker_crashes = 1},
               Property::kOneEffectiveFinish);
}

TEST(MissingRuleTest, AFileCalledReadyBeforeTheCheckMayHaveNoThumbnail) {
  ExpectBroken(Rule::kReadyMeansThumbnails, {.replicas = 1, .changes = 2, .collections = 1},
               Property::kReadyIsServed);
}

TEST(MissingRuleTest, ARescueThatKeepsTheTokenLetsTheZombieFinish) {
  ExpectBroken(Rule::kClaimTakesFreshToken, {.replicas = 1, .changes = 1, .false_rescues = 1},
               Property::kResultOfItsVersion);
}

TEST(MissingRuleTest, AFinishNotRepeatedWhenItsCommitIsInDoubtLeavesAClaimBehind) {
  ExpectBroken(Rule::kFinishIsRepeated, {.replicas = 1, .unanswered_commits = true},
               Property::kClaimIsHeld);
}

TEST(MissingRuleTest, ARetryThatWaitsInMemoryIsALostJob) {
  ExpectBroken(Rule::kRetryStaysARow, {.replicas = 1, .troubles = 1}, Property::kNoLostJob);
}

TEST(MissingRuleTest, AStopThatHandsNothingBackLeavesAClaimBehind) {
  ExpectBroken(Rule::kStopHandsBack, {.replicas = 1, .worker_stops = 1}, Property::kClaimIsHeld);
}

TEST(MissingRuleTest, AClaimThatIsNeverRescuedIsTheEndOfItsFile) {
  ExpectBroken(Rule::kClaimsAreRescued, {.replicas = 1, .worker_crashes = 1},
               Property::kConverges);
}

TEST(MissingRuleTest, ACollectionThatLooksAtNoFilesTakesTheirThumbnails) {
  ExpectBroken(Rule::kCollectionSparesReferenced, {.replicas = 1, .collections = 1},
               Property::kNoLostJob);
}

}  // namespace
}  // namespace hestia::model
