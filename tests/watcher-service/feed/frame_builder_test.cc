#include "watcher-service/feed/frame_builder.h"

#include <memory>
#include <string>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/watcher-service/mirror.h"
#include "tests/watcher-service/temp_folder.h"

namespace hestia {
namespace {

using testing::ElementsAre;

// Marks are put into the feed by hand, so that the disk can differ from what they say.
class FrameBuilderTest : public testing::Test {
 protected:
  void SetUp() override {
    feed_.Open(std::make_shared<const RootDirectory>(RootDirectory::Find(folder_.path()).value()));
    builder_.emplace(feed_, ignore_, feed_.head());
  }
  int Drain() {
    int frames = 0;
    for (; builder_->HasWork(); ++frames) {
      const std::optional<Frame> frame = builder_->Next();
      if (!frame.has_value()) break;
      mirror_.Apply(*frame);
    }
    return frames;
  }

  TempFolder folder_;
  const IgnorePolicy ignore_ = IgnorePolicy({});
  LibraryFeed feed_{Journal::Limits{}, 10};
  std::optional<FrameBuilder> builder_;
  Mirror mirror_;
};

TEST_F(FrameBuilderTest, AMarkTellsWhatIsOnTheDiskNow) {
  feed_.File("written-then-gone", "", true);
  feed_.Gone("gone-then-written", false);
  folder_.Write("gone-then-written", "123");
  EXPECT_EQ(Drain(), 1);
  EXPECT_THAT(mirror_.paths(), ElementsAre("gone-then-written"));
  EXPECT_FALSE(mirror_.Last("written-then-gone")->present);
}

TEST_F(FrameBuilderTest, ARewriteIsToldOncePerSubscriber) {
  folder_.Write("a", "1");
  feed_.File("a", "", true);
  Drain();
  EXPECT_TRUE(mirror_.Last("a")->rewritten);
  feed_.File("a", "", false);
  Drain();
  EXPECT_FALSE(mirror_.Last("a")->rewritten);
}

TEST_F(FrameBuilderTest, AGoneDirectoryIsNeverToldAbsentBeneathWhereOneLies) {
  folder_.MakeDirs("d");
  feed_.Gone("d", true);
  feed_.Gone("e", true);
  Drain();
  EXPECT_FALSE(mirror_.Last("d")->present);
  EXPECT_FALSE(mirror_.Last("d")->subtree_absent);
  EXPECT_TRUE(mirror_.Last("e")->subtree_absent);
}

TEST_F(FrameBuilderTest, WhatLayBeneathAGoneDirectoryIsGoneThoughAFileHasItsName) {
  folder_.MakeDirs("d");
  folder_.Write("d/x", "1");
  folder_.Write("d-e", "1");
  feed_.List("", ListingReason::kRescan);
  Drain();
  folder_.Remove("d/x");
  folder_.Remove("d");
  folder_.Write("d", "22");
  feed_.File("d-e", "", true);
  feed_.Gone("d", /*directory=*/true);
  // What an exchange of two names may leave: the file came and left by its events, and is there.
  feed_.Gone("d", /*directory=*/false);
  Drain();
  EXPECT_THAT(mirror_.paths(), ElementsAre("d", "d-e"));
  EXPECT_EQ(mirror_.cursor(), feed_.head());
}

TEST_F(FrameBuilderTest, WhatLayBeneathAGoneDirectoryIsGoneThoughTheMarkOfTheNextIsForgotten) {
  folder_.MakeDirs("d");
  folder_.Write("d/x", "1");
  feed_.List("", ListingReason::kRescan);
  Drain();
  folder_.Remove("d/x");
  folder_.Write("d/y", "1");
  feed_.Gone("d", /*directory=*/true);
  Drain();
  EXPECT_THAT(mirror_.paths(), ElementsAre("d/y"));
}

TEST_F(FrameBuilderTest, AGoneDirectoryThatIsListedLaterIsNotListedTwice) {
  folder_.MakeDirs("d");
  feed_.Gone("d", /*directory=*/true);
  feed_.List("d", ListingReason::kDirectoryArrived);
  Drain();
  EXPECT_EQ(mirror_.listings().size(), 1U);
}

TEST_F(FrameBuilderTest, OneWhoComesBackBetweenAListingAndItsGoneDirectoryIsToldBothAgain) {
  folder_.MakeDirs("d");
  const Cursor before = feed_.head();
  feed_.Gone("d", /*directory=*/true);
  mirror_.Apply(*builder_->Next());
  mirror_.Apply(*builder_->Next());
  EXPECT_EQ(mirror_.listings().size(), 1U);
  EXPECT_FALSE(mirror_.cursor().has_value());
  EXPECT_EQ(builder_->MakeBookmark().cursor, before);
  builder_.emplace(feed_, ignore_, before);
  Drain();
  EXPECT_EQ(mirror_.listings().size(), 2U);
  EXPECT_EQ(mirror_.cursor(), feed_.head());
}

TEST_F(FrameBuilderTest, ARenameStaysInOneFrameNewBeforeOld) {
  for (int i = 0; i < 255; ++i) feed_.File(absl::StrCat("f", i), "", false);
  folder_.Write("new", "");
  feed_.File("new", "old", false);
  feed_.Gone("old", false);
  std::optional<Frame> frame = builder_->Next();
  EXPECT_EQ(std::get<std::vector<FileState>>(frame->content).size(), 255U);
  frame = builder_->Next();
  const auto& states = std::get<std::vector<FileState>>(frame->content);
  ASSERT_EQ(states.size(), 2U);
  EXPECT_EQ(states[0].path, "new");
  EXPECT_EQ(states[0].previous_path, "old");
  EXPECT_EQ(states[1].path, "old");
}

TEST_F(FrameBuilderTest, FramesHoldAtMost256States) {
  for (int i = 0; i < 600; ++i) feed_.File(absl::StrCat("f", i), "", false);
  EXPECT_EQ(Drain(), 3);
  EXPECT_EQ(mirror_.cursor(), feed_.head());
}

TEST_F(FrameBuilderTest, LostHistoryEndsAListingIncompleteAndASnapshotFollows) {
  folder_.Write("a", "");
  feed_.List("", ListingReason::kRescan);
  mirror_.Apply(*builder_->Next());
  feed_.LoseHistory(ListingReason::kOverflow);
  const std::optional<Frame> end = builder_->Next();
  EXPECT_FALSE(std::get<ListingEnd>(end->content).complete);
  EXPECT_FALSE(end->cursor.has_value());
  mirror_.Apply(*end);
  EXPECT_FALSE(builder_->HasWork());
  EXPECT_FALSE(builder_->MakeBookmark().cursor.has_value());
  SetUp();
  builder_.emplace(feed_, ignore_, Cursor{1, 1});
  Drain();
  EXPECT_THAT(mirror_.paths(), ElementsAre("a"));
}

TEST_F(FrameBuilderTest, AReplacedRootTellsNothing) {
  feed_.File("a", "", false);
  const std::string moved = folder_.path() + "-moved";
  ASSERT_EQ(rename(folder_.path().c_str(), moved.c_str()), 0);
  EXPECT_FALSE(builder_->Next().has_value());
  ASSERT_EQ(rename(moved.c_str(), folder_.path().c_str()), 0);
  EXPECT_TRUE(builder_->Next().has_value());
}

TEST_F(FrameBuilderTest, ABookmarkCarriesWhatHasBeenToldSoFar) {
  const Cursor before = feed_.head();
  feed_.File("a", "", false);
  EXPECT_EQ(builder_->MakeBookmark().cursor, before);
  Drain();
  EXPECT_EQ(builder_->MakeBookmark().cursor, feed_.head());
}

TEST_F(FrameBuilderTest, ABookmarkNeverConfirmsACursorThatWasNotGivenOut) {
  Cursor future = feed_.head();
  future.sequence += 1000;
  builder_.emplace(feed_, ignore_, future);
  EXPECT_FALSE(builder_->MakeBookmark().cursor.has_value());
  Drain();
  EXPECT_EQ(mirror_.listings().back().reason, ListingReason::kEpochUnknown);
  EXPECT_EQ(builder_->MakeBookmark().cursor, feed_.head());
}

}  // namespace
}  // namespace hestia
