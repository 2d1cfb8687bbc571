#include "watcher-service/feed/library_feed.h"

#include <memory>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/watcher-service/temp_folder.h"

namespace hestia {
namespace {

using Kind = LibraryFeed::Next::Kind;

class LibraryFeedTest : public testing::Test {
 protected:
  void OpenFeed() {
    feed_.Open(std::make_shared<const RootDirectory>(RootDirectory::Find(folder_.path()).value()));
  }

  TempFolder folder_;
  LibraryFeed feed_{Journal::Limits{4, 1 << 20}, /*start=*/10};
};

TEST_F(LibraryFeedTest, NothingIsToldBeforeChangesAreNoticed) {
  EXPECT_EQ(feed_.Take(std::nullopt, 10).kind, Kind::kNothing);
  EXPECT_FALSE(feed_.HasWork(std::nullopt));
  OpenFeed();
  EXPECT_EQ(feed_.Take(std::nullopt, 10).kind, Kind::kSnapshot);
  EXPECT_TRUE(feed_.HasWork(std::nullopt));
}

TEST_F(LibraryFeedTest, ACursorOfThisEpochGoesOn) {
  OpenFeed();
  const Cursor cursor = feed_.head();
  EXPECT_EQ(feed_.Take(cursor, 10).kind, Kind::kNothing);
  feed_.File("a", "", false);
  const LibraryFeed::Next next = feed_.Take(cursor, 10);
  ASSERT_EQ(next.kind, Kind::kMarks);
  EXPECT_EQ(next.marks.size(), 1U);
}

class DirectoryArrivalTest : public LibraryFeedTest {
 protected:
  void SetUp() override { OpenFeed(); }
  bool Listed(const char* path) {
    const std::uint64_t before = feed_.head().sequence;
    feed_.DirectoryArrived(path, /*has_files=*/false);
    return feed_.head().sequence != before;
  }
};

TEST_F(DirectoryArrivalTest, AnEmptyDirectoryIsListedWhereAListingMayHaveToldFilesOfIt) {
  EXPECT_FALSE(Listed("a"));
  feed_.BeginLook("");
  EXPECT_TRUE(Listed("b"));
  feed_.EndLook("");
  EXPECT_TRUE(Listed("c"));
  feed_.HeardOf(feed_.looks());
  EXPECT_FALSE(Listed("d"));
  feed_.BeginLook("");
  feed_.HeardOf(feed_.looks());
  EXPECT_TRUE(Listed("e"));
}

TEST_F(DirectoryArrivalTest, AListingOfOneDirectoryHasNoOtherListed) {
  feed_.BeginLook("a");
  EXPECT_FALSE(Listed("b"));
  EXPECT_FALSE(Listed("a-b"));
  EXPECT_TRUE(Listed("a"));
  EXPECT_TRUE(Listed("a/deep/er"));
  feed_.BeginLook("c");
  feed_.EndLook("a");
  feed_.HeardOf(feed_.looks());
  EXPECT_FALSE(Listed("a/other"));
  EXPECT_TRUE(Listed("c/d"));
}

TEST_F(DirectoryArrivalTest, TwoListingsOfOneDirectoryAreHeardOfWhenBothAre) {
  feed_.BeginLook("a");
  feed_.BeginLook("a");
  feed_.EndLook("a");
  feed_.HeardOf(feed_.looks());
  EXPECT_TRUE(Listed("a/b"));
  feed_.EndLook("a");
  EXPECT_TRUE(Listed("a/c"));
  feed_.HeardOf(feed_.looks());
  EXPECT_FALSE(Listed("a/d"));
}

TEST_F(DirectoryArrivalTest, OfMoreListingsThanAreRememberedNoneIsForgotten) {
  constexpr int kListings = 1000;
  for (int i = 0; i < kListings; ++i) feed_.BeginLook(absl::StrCat("s", i));
  EXPECT_TRUE(Listed("s999/a"));
  for (int i = 0; i < kListings; ++i) feed_.EndLook(absl::StrCat("s", i));
  EXPECT_TRUE(Listed("s999/b"));
  feed_.HeardOf(feed_.looks());
  EXPECT_FALSE(Listed("s999/c"));
}

TEST_F(LibraryFeedTest, EachKindOfLostHistoryHasItsReason) {
  OpenFeed();
  const Cursor first = feed_.head();
  EXPECT_EQ(feed_.Take(Cursor{first.epoch + 1, first.sequence}, 10).reason,
            ListingReason::kEpochUnknown);
  EXPECT_EQ(feed_.Take(Cursor{first.epoch, first.sequence + 1}, 10).reason,
            ListingReason::kEpochUnknown);
  for (const char* const path : {"a", "b", "c", "d", "e"}) feed_.File(path, "", false);
  EXPECT_EQ(feed_.Take(first, 10).reason, ListingReason::kJournalFull);
  feed_.LoseHistory(ListingReason::kOverflow);
  EXPECT_EQ(feed_.Take(first, 10).kind, Kind::kNothing);
  OpenFeed();
  const LibraryFeed::Next next = feed_.Take(first, 10);
  EXPECT_EQ(next.kind, Kind::kSnapshot);
  EXPECT_EQ(next.reason, ListingReason::kOverflow);
  EXPECT_NE(next.head.epoch, first.epoch);
  EXPECT_GT(next.head.sequence, first.sequence);
}

TEST_F(LibraryFeedTest, WhileShutItTellsNothingAndAListingIsVoid) {
  OpenFeed();
  const Cursor cursor = feed_.head();
  EXPECT_TRUE(feed_.Tells(cursor.epoch));
  feed_.Shut();
  EXPECT_FALSE(feed_.Tells(cursor.epoch));
  EXPECT_EQ(feed_.Take(std::nullopt, 10).kind, Kind::kNothing);
}

TEST_F(LibraryFeedTest, AnEmptyNewDirectoryIsListedOnlyWhereAnotherWas) {
  feed_.DirectoryArrived("a", /*has_files=*/false);
  EXPECT_EQ(feed_.stats().marks, 0U);
  feed_.Gone("a", /*directory=*/true);
  feed_.DirectoryArrived("a", /*has_files=*/false);
  EXPECT_EQ(feed_.stats().marks, 2U);
}

TEST_F(LibraryFeedTest, TheFirstReasonToCloseStays) {
  feed_.Close(absl::NotFoundError("removed"));
  feed_.Close(absl::UnavailableError("stopping"));
  EXPECT_EQ(feed_.closed().code(), absl::StatusCode::kNotFound);
}

class Counter final : public FeedListener {
 public:
  void OnFeedNews() override { ++count; }
  int count = 0;
};

TEST_F(LibraryFeedTest, ListenersHearOfNewsUntilTheyAreRemoved) {
  Counter counter;
  feed_.AddListener(&counter);
  feed_.Publish();
  EXPECT_EQ(counter.count, 1);
  feed_.RemoveListener(&counter);
  feed_.Publish();
  EXPECT_EQ(counter.count, 1);
}

}  // namespace
}  // namespace hestia
