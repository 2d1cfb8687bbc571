#include <unistd.h>

#include <fstream>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "common/error_reason.h"
#include "common/monotonic_clock.h"
#include "tests/watcher-service/watched_library.h"

namespace hestia {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LibraryWatchFaultTest : public WatchedLibraryModesTest {
 protected:
  // Lets the watch thread go round until `reached`; Sync is what it answers between rounds.
  template <typename Condition>
  bool SyncUntil(Condition reached) {
    const absl::Duration deadline = MonotonicNow() + absl::Seconds(30);
    while (!reached(Sync())) {
      if (MonotonicNow() > deadline) return false;
    }
    return true;
  }
  bool AwaitRoot(bool there) {
    return SyncUntil(
        [there](const absl::StatusOr<SyncResult>& result) { return result.ok() == there; });
  }
};

TEST_P(LibraryWatchFaultTest, AnOverflowLeadsToASnapshotUnderANewEpoch) {
  folder_.Write("a", "x");
  Start();
  const Cursor before = *mirror_.cursor();
  folder_.Write("b", "x");
  watch_->InjectOverflow();
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("a", "b"));
  EXPECT_TRUE(mirror_.Heard(ListingReason::kOverflow));
  EXPECT_NE(mirror_.cursor()->epoch, before.epoch);
  EXPECT_GT(mirror_.cursor()->sequence, before.sequence);
  EXPECT_EQ(watch_->feed().stats().overflows, 1U);
}

TEST_P(LibraryWatchFaultTest, AFullBufferIsAnOverflowAndStillConverges) {
  WatchOptions options = QuickOptions();
  options.event_capacity = 16;
  Start(options);
  for (int i = 0; i < 300; ++i) {
    folder_.MakeDirs(absl::StrCat("d", i));
    folder_.Write(absl::StrCat("d", i, "/a"), "x");
  }
  Catch();
  EXPECT_EQ(mirror_.files().size(), 300U);
  folder_.Write("d7/b", "x");
  Catch();
  EXPECT_EQ(mirror_.files().size(), 301U);
}

TEST_P(LibraryWatchFaultTest, ARenameLostInAnOverflowIsFoundByTheWalk) {
  folder_.MakeDirs("d/e");
  Start();
  watch_->InjectOverflow();
  folder_.Rename("d", "n");
  watch_->InjectOverflow();
  folder_.Write("n/e/a", "x");
  Catch();
  folder_.Write("n/e/b", "x");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("n/e/a", "n/e/b"));
  EXPECT_EQ(Observed(), 3U);
}

TEST_P(LibraryWatchFaultTest, AFullJournalGivesSlowSubscribersASnapshotAndOthersNone) {
  WatchOptions options = QuickOptions();
  options.journal.max_marks = 16;
  Start(options);
  folder_.Write("first", "x");
  Catch();
  if (!Polled()) {
    EXPECT_EQ(mirror_.listings().size(), 1U);
  }
  for (int i = 0; i < 40; ++i) folder_.Write(absl::StrCat("f", i), "x");
  Catch();
  EXPECT_EQ(mirror_.files().size(), 41U);
  EXPECT_TRUE(mirror_.Heard(ListingReason::kJournalFull));
}

TEST_P(LibraryWatchFaultTest, AFullSettleSetTellsAtOnceAndLosesNothing) {
  WatchOptions options = QuickOptions();
  options.settle_capacity = 2;
  Start(options);
  for (int i = 0; i < 40; ++i) folder_.Write(absl::StrCat("f", i), "12345");
  Catch();
  EXPECT_EQ(mirror_.files().size(), 40U);
  for (const auto& [path, size] : mirror_.files()) EXPECT_EQ(size, 5U) << path;
}

TEST_P(LibraryWatchFaultTest, AVanishedRootTellsNothingAsGone) {
  folder_.Write("a", "x");
  Start();
  const std::string moved = folder_.path() + "-moved";
  ASSERT_EQ(rename(folder_.path().c_str(), moved.c_str()), 0);
  const absl::StatusOr<SyncResult> synced = Sync();
  EXPECT_EQ(synced.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(synced.status()), "ROOT_UNAVAILABLE");
  EXPECT_EQ(watch_->Rescan().status().code(), absl::StatusCode::kFailedPrecondition);
  Drain();
  EXPECT_THAT(mirror_.paths(), ElementsAre("a"));
  ASSERT_EQ(rename(moved.c_str(), folder_.path().c_str()), 0);
  ASSERT_TRUE(AwaitRoot(true));
  folder_.Write("b", "x");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("a", "b"));
  EXPECT_TRUE(mirror_.Heard(ListingReason::kRootReturned));
}

TEST_P(LibraryWatchFaultTest, AReplacedRootIsListedAnew) {
  folder_.Write("a", "x");
  Start();
  const std::string moved = folder_.path() + "-moved";
  ASSERT_EQ(rename(folder_.path().c_str(), moved.c_str()), 0);
  folder_.MakeDirs("");
  folder_.Write("b", "x");
  ASSERT_TRUE(SyncUntil([this](const absl::StatusOr<SyncResult>& result) {
    return result.ok() && result->cursor.epoch != mirror_.cursor()->epoch;
  }));
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("b"));
  ASSERT_EQ(rename(moved.c_str(), folder_.Full("old").c_str()), 0);
}

TEST_P(LibraryWatchFaultTest, ARootMadeAnewIsWatchedThoughItMayHaveTheOldInode) {
  Start();
  for (int round = 0; round < 10; ++round) {
    ASSERT_EQ(rmdir(folder_.path().c_str()), 0);
    folder_.MakeDirs("");
    // Told by an event or not at all: the listing of the new root may be over by then.
    ASSERT_TRUE(AwaitRoot(true));
    const std::string name = absl::StrCat("f", round);
    folder_.Write(name, "x");
    ASSERT_TRUE(SyncUntil([&](const absl::StatusOr<SyncResult>& result) {
      if (result.ok()) Drain();
      return result.ok() && mirror_.files().contains(name);
    })) << "round " << round;
    folder_.Remove(name);
    ASSERT_TRUE(SyncUntil([&](const absl::StatusOr<SyncResult>& result) {
      if (result.ok()) Drain();
      return result.ok() && mirror_.files().empty();
    })) << "round " << round;
  }
}

TEST_P(LibraryWatchFaultTest, ARootMissingAtTheStartIsNotFatal) {
  folder_.Remove("");
  watch_ = LibraryWatch::Create({"test", folder_.path()}, true, QuickOptions()).value();
  ASSERT_TRUE(watch_->AwaitFirstWalk());
  EXPECT_EQ(watch_->status().state, WatchState::kRootUnavailable);
  folder_.MakeDirs("");
  folder_.Write("a", "x");
  ASSERT_TRUE(AwaitRoot(true));
  builder_.emplace(watch_->feed(), watch_->ignore(), std::nullopt);
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("a"));
}

TEST_P(LibraryWatchFaultTest, ARootThatIsALinkIsFollowedAndNothingBeneathIs) {
  const TempFolder real;
  real.Write("a", "x");
  folder_.Remove("");
  ASSERT_EQ(symlink(real.path().c_str(), folder_.path().c_str()), 0);
  Start();
  real.Write("b", "x");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("a", "b"));
  unlink(folder_.path().c_str());
}

TEST_P(LibraryWatchFaultTest, AWriterThatNeverClosesIsCountedThenPickedUp) {
  Start();
  std::ofstream file(folder_.Full("a"));
  file << "12345" << std::flush;
  ASSERT_TRUE(SyncUntil([this](const absl::StatusOr<SyncResult>&) {
    Drain();
    return mirror_.paths().contains("a");
  }));
  EXPECT_EQ(mirror_.files().at("a"), 5U);
  EXPECT_FALSE(mirror_.Last("a")->rewritten);
}

TEST_P(LibraryWatchFaultTest, ARescanListsEverythingWithoutANewEpoch) {
  folder_.Write("a", "x");
  Start();
  const Cursor before = *mirror_.cursor();
  const absl::StatusOr<Cursor> rescan = watch_->Rescan();
  ASSERT_TRUE(rescan.ok());
  Catch();
  EXPECT_TRUE(mirror_.Heard(ListingReason::kRescan));
  EXPECT_EQ(mirror_.cursor()->epoch, before.epoch);
  EXPECT_GE(mirror_.cursor()->sequence, rescan->sequence);
}

TEST_P(LibraryWatchFaultTest, AReconcileListsByItself) {
  WatchOptions options = QuickOptions();
  options.reconcile_interval = absl::Milliseconds(50);
  Start(options);
  ASSERT_TRUE(SyncUntil([this](const absl::StatusOr<SyncResult>&) {
    Drain();
    return mirror_.Heard(ListingReason::kReconcile);
  }));
}

TEST_P(LibraryWatchFaultTest, StoppingEndsTheFeedAndEveryWaitingSync) {
  Start();
  watch_->End(absl::UnavailableError("stopping"));
  ASSERT_TRUE(watch_->AwaitEnd(absl::InfiniteDuration()));
  EXPECT_EQ(Sync().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(watch_->feed().closed().code(), absl::StatusCode::kUnavailable);
}

INSTANTIATE_TEST_SUITE_P(Modes, LibraryWatchFaultTest,
                         testing::Values(WatchMode::kAuto, WatchMode::kPoll), ModeName);

}  // namespace
}  // namespace hestia
