#include <errno.h>
#include <stdlib.h>
#include <sys/mount.h>

#include <string>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "common/error_reason.h"
#include "common/monotonic_clock.h"
#include "tests/watcher-service/own_namespaces.h"
#include "tests/watcher-service/watched_library.h"

namespace hestia {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

constexpr std::uint32_t kTmpfs = 0x01021994;
bool AllButTmpfs(std::uint32_t file_system) { return file_system != kTmpfs; }

// Libraries with mounts in them, in namespaces of the test's own.
class MountsTest : public WatchedLibraryModesTest {
 protected:
  void SetUp() override {
    if (const std::string why = EnterOwnNamespaces(); !why.empty()) GTEST_SKIP() << why;
  }
  void MountTmpfs(const std::string& relative) const {
    ASSERT_EQ(mount("tmpfs", folder_.Full(relative).c_str(), "tmpfs", 0, "size=1m"), 0);
  }
  void Bind(const std::string& from, const std::string& to) const {
    ASSERT_EQ(mount(folder_.Full(from).c_str(), folder_.Full(to).c_str(), nullptr, MS_BIND, nullptr),
              0);
  }
  void Unmount(const std::string& relative) const {
    // A look that is just under way has it busy for a moment.
    const absl::Duration deadline = MonotonicNow() + absl::Seconds(30);
    int result = 0;
    do {
      result = umount(folder_.Full(relative).c_str());
    } while (result != 0 && errno == EBUSY && MonotonicNow() < deadline);
    ASSERT_EQ(result, 0);
  }
};

// What is found out about each file system and directory. Where polling is forced nothing is found
// out, so these have no polled variant.
class MountsByEventsTest : public MountsTest {};

TEST_P(MountsByEventsTest, AMountWithoutEventsIsPolledAndTheRestIsNot) {
  folder_.MakeDirs("local");
  folder_.MakeDirs("net");
  MountTmpfs("net");
  folder_.MakeDirs("net/deep");
  WatchOptions options = QuickOptions();
  options.sends_events = AllButTmpfs;
  Start(options);
  const WatchStatus status = watch_->status();
  EXPECT_EQ(status.state, WatchState::kWatching);
  EXPECT_EQ(status.mode, WatchMode::kHybrid);
  EXPECT_EQ(status.watched_directories, 2U);
  EXPECT_EQ(status.polled_directories, 2U);
  ASSERT_THAT(status.polled_parts, SizeIs(1));
  EXPECT_EQ(status.polled_parts[0].path, "net");
  EXPECT_EQ(status.polled_parts[0].reason, PollReason::kNoEvents);
  EXPECT_EQ(FileSystemName(status.polled_parts[0].file_system), "tmpfs");

  folder_.Write("local/a", "x");
  folder_.Write("net/deep/b", "x");
  folder_.MakeDirs("net/new");
  folder_.Write("net/new/c", "x");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("local/a", "net/deep/b", "net/new/c"));
  folder_.Remove("net/deep");
  folder_.Rename("net/new", "net/renamed");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("local/a", "net/renamed/c"));
  Unmount("net");
}

TEST_P(MountsTest, WhatIsMountedWhileWatchedIsToldAtOnceAndGoneWhenUnmounted) {
  folder_.MakeDirs("disk");
  folder_.Write("disk/hidden", "x");
  folder_.MakeDirs(".ignored");
  WatchOptions options = QuickOptions();
  options.sends_events = AllButTmpfs;
  Start(options);
  ASSERT_THAT(mirror_.paths(), ElementsAre("disk/hidden"));
  MountTmpfs(".ignored");
  MountTmpfs("disk");
  folder_.MakeDirs("disk/d");
  folder_.Write("disk/d/a", "x");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("disk/d/a"));
  EXPECT_TRUE(mirror_.Heard(ListingReason::kMended));
  EXPECT_EQ(watch_->status().mode, Polled() ? WatchMode::kPoll : WatchMode::kHybrid);
  EXPECT_EQ(watch_->status().polled_directories, Polled() ? 3U : 2U);
  folder_.Write("disk/d/b", "x");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("disk/d/a", "disk/d/b"));

  Unmount("disk");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("disk/hidden"));
  EXPECT_EQ(watch_->status().mode, Polled() ? WatchMode::kPoll : WatchMode::kEvents);
  folder_.Write("disk/seen", "x");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("disk/hidden", "disk/seen"));
  Unmount(".ignored");
}

TEST_P(MountsTest, AMountWithEventsOverAWatchedDirectoryIsWatchedInItsPlace) {
  folder_.MakeDirs("disk");
  Start();
  MountTmpfs("disk");
  folder_.Write("disk/a", "x");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("disk/a"));
  folder_.Write("disk/b", "x");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("disk/a", "disk/b"));
  EXPECT_EQ(Observed(), 2U);
  Unmount("disk");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre());
}

TEST_P(MountsByEventsTest, AFileSystemInUserSpaceIsFoundToSendNoEvents) {
  const TempFolder elsewhere;
  const std::string bind =
      absl::StrCat("bindfs ", elsewhere.path(), " ", folder_.path(), " 2>/dev/null");
  if (system(bind.c_str()) != 0) GTEST_SKIP() << "bindfs cannot mount here";
  Start();
  EXPECT_EQ(watch_->status().mode, WatchMode::kPoll);
  ASSERT_THAT(watch_->status().polled_parts, SizeIs(1));
  EXPECT_EQ(FileSystemName(watch_->status().polled_parts[0].file_system), "fuse");
  elsewhere.Write("a", "x");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("a"));
  Stop(*watch_);
  Unmount("");
}

TEST_P(MountsTest, ADirectoryMountedTwiceIsToldAtBothPlaces) {
  folder_.MakeDirs("one");
  folder_.MakeDirs("two");
  Bind("one", "two");
  Start();
  if (Polled()) {
    EXPECT_EQ(watch_->status().state, WatchState::kWatching) << "no watch is there to be shared";
  } else {
    EXPECT_EQ(watch_->status().state, WatchState::kDegraded);
    ASSERT_THAT(watch_->status().problems, SizeIs(1));
    EXPECT_EQ(watch_->status().problems[0].reason, ProblemReason::kSeenTwice);
  }
  folder_.Write("one/a", "x");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("one/a", "two/a"));
  folder_.Remove("two/a");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre());
  Unmount("two");
}

TEST_P(MountsTest, ADirectoryMountedInsideItselfIsToldOnce) {
  folder_.MakeDirs("d/loop");
  Bind("d", "d/loop");
  Start();
  folder_.Write("d/a", "x");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("d/a", "d/loop/a"));
  Unmount("d/loop");
}

TEST_P(MountsTest, AnUnmountedRootIsNotTakenForAnEmptiedOne) {
  MountTmpfs("");
  folder_.Write("a", "x");
  Start();
  ASSERT_THAT(mirror_.paths(), ElementsAre("a"));
  // Nothing of an idle watcher is in the way of this.
  Unmount("");
  const absl::Duration enough = MonotonicNow() + 10 * QuickOptions().root_check_interval;
  while (MonotonicNow() < enough) {
    const absl::StatusOr<SyncResult> synced = Sync();
    ASSERT_EQ(ReasonOf(synced.status()), "ROOT_UNAVAILABLE");
  }
  EXPECT_EQ(watch_->status().state, WatchState::kRootUnavailable);
  EXPECT_THAT(watch_->status().detail, testing::HasSubstr("empty directory"));
  Drain();
  EXPECT_THAT(mirror_.paths(), ElementsAre("a"));

  MountTmpfs("");
  folder_.Write("b", "x");
  while (!Sync().ok()) {
  }
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("b"));
  EXPECT_TRUE(mirror_.Heard(ListingReason::kRootReturned));
  Stop(*watch_);
  Unmount("");
}

TEST_P(MountsByEventsTest, PastTheWatchLimitDirectoriesArePolledAndGetTheirWatchWhenItIsRaised) {
  ASSERT_TRUE(SetUserLimit("max_inotify_watches", 3));
  for (int i = 0; i < 6; ++i) folder_.MakeDirs(absl::StrCat("d", i, "/deep"));
  Start();
  WatchStatus status = watch_->status();
  EXPECT_EQ(status.state, WatchState::kDegraded);
  EXPECT_EQ(status.mode, WatchMode::kHybrid);
  EXPECT_EQ(status.watched_directories, 3U);
  EXPECT_EQ(status.polled_directories, 10U);
  EXPECT_EQ(status.problem_count, 10U);
  EXPECT_EQ(status.problems[0].reason, ProblemReason::kWatchLimit);
  for (int i = 0; i < 6; ++i) folder_.Write(absl::StrCat("d", i, "/deep/a"), "x");
  folder_.MakeDirs("new/deep");
  folder_.Write("new/deep/a", "x");
  Catch();
  EXPECT_EQ(mirror_.files().size(), 7U);

  ASSERT_TRUE(SetUserLimit("max_inotify_watches", 1000));
  folder_.Write("d5/deep/b", "x");
  Catch();
  status = watch_->status();
  EXPECT_EQ(status.state, WatchState::kWatching);
  EXPECT_EQ(status.mode, WatchMode::kEvents);
  EXPECT_EQ(status.watched_directories, 15U);
  folder_.Write("d4/deep/b", "x");
  Catch();
  EXPECT_EQ(mirror_.files().size(), 9U);
}

TEST_P(MountsTest, WithoutAnInotifyInstanceALibraryIsRefusedAndSaysWhy) {
  ASSERT_TRUE(SetUserLimit("max_inotify_instances", 0));
  const auto watch = LibraryWatch::Create({"test", folder_.path()}, true, QuickOptions());
  EXPECT_EQ(watch.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(watch.status().message(), testing::HasSubstr("max_user_instances"));
}

INSTANTIATE_TEST_SUITE_P(Modes, MountsTest, testing::Values(WatchMode::kAuto, WatchMode::kPoll),
                         ModeName);
INSTANTIATE_TEST_SUITE_P(Modes, MountsByEventsTest, testing::Values(WatchMode::kAuto), ModeName);

}  // namespace
}  // namespace hestia
