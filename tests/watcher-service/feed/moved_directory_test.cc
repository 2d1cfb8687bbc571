// A directory that is moved while files in it are looked at: nothing is told of a path that was
// never there.
#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "common/named_thread.h"
#include "tests/watcher-service/temp_folder.h"
#include "watcher-service/feed/frame_builder.h"

namespace hestia {
namespace {

constexpr int kMoves = 1000;

// "d" always has an empty file "f". Again and again it is moved away and the file written then, and
// another empty one takes its place.
class MovedDirectoryTest : public testing::Test {
 protected:
  void SetUp() override {
    PutInPlace();
    mover_ = NamedThread("mover", [this] {
      for (int i = 0; i < kMoves; ++i) {
        const std::string away = absl::StrCat("away-", i);
        folder_.Rename("d", away);
        folder_.Write(away + "/f", "written");
        PutInPlace();
      }
      moving_ = false;
    });
  }
  void TearDown() override { mover_.Join(); }

  static void ExpectEmpty(const std::vector<FileState>& files) {
    for (const FileState& file : files) EXPECT_EQ(file.size_bytes, 0U) << file.path;
  }

  TempFolder folder_;
  const IgnorePolicy ignore_ = IgnorePolicy({});
  std::atomic<bool> moving_ = true;

 private:
  void PutInPlace() {
    folder_.MakeDirs("next");
    folder_.Write("next/f", "");
    folder_.Rename("next", "d");
  }

  NamedThread mover_;
};

TEST_F(MovedDirectoryTest, AListingNamesNoFileAsItBecameElsewhere) {
  std::size_t found = 0;
  while (moving_ && !HasFailure()) {
    Listing listing(UniqueFd(open(folder_.path().c_str(), O_RDONLY | O_DIRECTORY)), "d",
                    Listing::Depth::kWhole, ignore_);
    std::vector<FileState> files;
    while (listing.Take(absl::Seconds(1), {}, files)) {
    }
    ExpectEmpty(files);
    found += files.size();
  }
  EXPECT_GT(found, 0U);
}

TEST_F(MovedDirectoryTest, AMarkTellsNoFileAsItBecameElsewhere) {
  LibraryFeed feed{Journal::Limits{}, 10};
  feed.Open(std::make_shared<const RootDirectory>(RootDirectory::Find(folder_.path()).value()));
  FrameBuilder builder(feed, ignore_, feed.head());
  while (moving_ && !HasFailure()) {
    feed.File("d/f", "", false);
    while (builder.HasWork()) {
      const std::optional<Frame> frame = builder.Next();
      if (frame.has_value()) ExpectEmpty(std::get<std::vector<FileState>>(frame->content));
    }
  }
  EXPECT_EQ(builder.MakeBookmark().cursor, feed.head());
}

TEST_F(MovedDirectoryTest, ARenamesTwoMarksStayInOneFrameBesideMoves) {
  folder_.Write("new", "");
  LibraryFeed feed{Journal::Limits{}, 10};
  feed.Open(std::make_shared<const RootDirectory>(RootDirectory::Find(folder_.path()).value()));
  FrameBuilder builder(feed, ignore_, feed.head());
  while (moving_ && !HasFailure()) {
    feed.File("new", "old", false);
    feed.Gone("old", false);
    for (int i = 0; i < 20; ++i) feed.File(absl::StrCat("d/", i), "", false);
    while (builder.HasWork()) {
      const std::optional<Frame> frame = builder.Next();
      if (!frame.has_value()) continue;
      const auto& states = std::get<std::vector<FileState>>(frame->content);
      const auto is_new = [](const FileState& state) { return state.path == "new"; };
      const auto at = std::find_if(states.begin(), states.end(), is_new);
      if (at == states.end()) continue;
      ASSERT_NE(at + 1, states.end()) << "without the other";
      EXPECT_EQ((at + 1)->path, "old");
    }
  }
}

TEST(ListingOfAMovedDirectoryTest, WhatIsBeneathOneThatLeftIsNotTold) {
  const TempFolder folder;
  constexpr int kInside = 40;
  for (int i = 0; i < kInside; ++i) {
    const std::string inside = absl::StrCat("year/", 100 + i);
    folder.MakeDirs(inside);
    folder.Write(inside + "/f", "");
  }
  const IgnorePolicy ignore({});
  Listing listing(UniqueFd(open(folder.path().c_str(), O_RDONLY | O_DIRECTORY)), "",
                  Listing::Depth::kWhole, ignore);
  std::vector<FileState> files;
  while (files.empty()) ASSERT_TRUE(listing.Take(absl::ZeroDuration(), {}, files));
  folder.Rename("year", "elsewhere");
  const std::size_t before = files.size();
  while (listing.Take(absl::Seconds(1), {}, files)) {
  }
  EXPECT_LT(before, 3U);
  EXPECT_EQ(files.size(), before);
  EXPECT_TRUE(listing.complete());
}

}  // namespace
}  // namespace hestia
