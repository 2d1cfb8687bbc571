// A directory that is moved while files in it are looked at: nothing is told of a path that was
// never there.
#include <fcntl.h>

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
  while (moving_ && !HasFailure()) {
    Listing listing(UniqueFd(open(folder_.path().c_str(), O_RDONLY | O_DIRECTORY)), "d",
                    Listing::Depth::kWhole, ignore_);
    std::vector<FileState> files;
    while (listing.Take(absl::Seconds(1), {}, files)) {
    }
    ExpectEmpty(files);
  }
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

}  // namespace
}  // namespace hestia
