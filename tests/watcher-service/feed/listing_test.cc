#include "watcher-service/feed/listing.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/watcher-service/temp_folder.h"
#include "tests/watcher-service/unprivileged.h"

namespace hestia {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ListingTest : public testing::Test {
 protected:
  Listing Begin(const std::string& scope = "", Listing::Depth depth = Listing::Depth::kWhole) {
    return Listing(UniqueFd(open(folder_.path().c_str(), O_RDONLY | O_DIRECTORY)), scope, depth,
                   ignore_);
  }
  std::vector<std::string> Rest(Listing& listing) {
    std::vector<std::string> paths;
    for (bool more = true; more;) {
      std::vector<FileState> files;
      more = listing.Take(absl::InfiniteDuration(), writing_, files);
      EXPECT_LE(files.size(), kMaxFrameStates);
      for (const FileState& file : files) paths.push_back(file.path);
    }
    return paths;
  }

  TempFolder folder_;
  const IgnorePolicy ignore_ = ParseIgnorePolicy(".*,*.tmp");
  WritingFiles writing_;
};

TEST_F(ListingTest, FilesComeInByteOrderOfTheirWholePaths) {
  folder_.MakeDirs("a");
  for (const char* const name : {"a/b", "a-b", "a.jpg", "a0", "B", "a/a"}) folder_.Write(name, "");
  Listing listing = Begin();
  EXPECT_THAT(Rest(listing), ElementsAre("B", "a-b", "a.jpg", "a/a", "a/b", "a0"));
  EXPECT_TRUE(listing.complete());
  EXPECT_EQ(listing.file_count(), 6U);
}

TEST_F(ListingTest, OrderIsThatOfTheTextNotOfTheRawBytes) {
  folder_.Write("\xff", "");  // text "\xff" with a backslash, before "a"
  folder_.Write("a", "");
  folder_.Write("\\", "");  // text of two backslashes
  folder_.Write("\xc3\xa9", "");
  Listing listing = Begin();
  const std::vector<std::string> paths = Rest(listing);
  EXPECT_THAT(paths, ElementsAre("\\\\", "\\xff", "a", "\xc3\xa9"));
  EXPECT_TRUE(std::is_sorted(paths.begin(), paths.end()));
}

TEST_F(ListingTest, AScopeLimitsTheListing) {
  folder_.MakeDirs("a/b");
  folder_.Write("a/b/c", "");
  folder_.Write("a/d", "");
  folder_.Write("e", "");
  Listing listing = Begin("a/b");
  EXPECT_THAT(Rest(listing), ElementsAre("a/b/c"));
}

TEST_F(ListingTest, AScopeThatIsNotADirectoryIsEmptyAndComplete) {
  folder_.Write("f", "");
  for (const char* const scope : {"f", "missing", "missing/deeper"}) {
    Listing listing = Begin(scope);
    EXPECT_THAT(Rest(listing), IsEmpty());
    EXPECT_TRUE(listing.complete());
  }
}

TEST_F(ListingTest, OnlyRegularFilesCountAndLinksAreNotFollowed) {
  folder_.MakeDirs("d");
  folder_.Write("d/f", "");
  ASSERT_EQ(symlink("d", folder_.Full("link-to-dir").c_str()), 0);
  ASSERT_EQ(symlink("d/f", folder_.Full("link-to-file").c_str()), 0);
  ASSERT_EQ(mkfifo(folder_.Full("fifo").c_str(), 0600), 0);
  Listing listing = Begin();
  EXPECT_THAT(Rest(listing), ElementsAre("d/f"));
}

TEST_F(ListingTest, IgnoredNamesAreLeftOutWithAllBeneathThem) {
  folder_.MakeDirs(".git");
  folder_.Write(".git/config", "");
  folder_.Write("a.tmp", "");
  folder_.Write("a", "");
  Listing listing = Begin();
  EXPECT_THAT(Rest(listing), ElementsAre("a"));
}

TEST_F(ListingTest, TheTreeMayBeDeeperThanTheDescriptorsItKeeps) {
  std::string path;
  for (int depth = 0; depth < 40; ++depth) {
    path = path.empty() ? "d" : path + "/d";
    folder_.MakeDirs(path);
    folder_.Write(path + "/z", "");  // comes after the subdirectory, when it is reopened
  }
  Listing listing = Begin();
  EXPECT_EQ(Rest(listing).size(), 40U);
  EXPECT_TRUE(listing.complete());
}

TEST_F(ListingTest, MoreFilesThanAFrameHoldsComeInSeveral) {
  for (int i = 0; i < 600; ++i) folder_.Write(absl::StrCat("f", i), "");
  Listing listing = Begin();
  EXPECT_EQ(Rest(listing).size(), 600U);
}

TEST_F(ListingTest, AnUnreadableDirectoryIsNamedAndTheRestIsComplete) {
  folder_.MakeDirs("closed");
  folder_.Write("open", "");
  ASSERT_EQ(chmod(folder_.Full("closed").c_str(), 0), 0);
  const Unprivileged unprivileged(folder_);
  Listing listing = Begin();
  EXPECT_THAT(Rest(listing), ElementsAre("open"));
  EXPECT_TRUE(listing.complete());
  EXPECT_THAT(listing.unread(), ElementsAre("closed"));
  EXPECT_THAT(listing.problem(), testing::HasSubstr("closed"));
}

TEST_F(ListingTest, ADirectoryWithoutSearchPermissionIsNamedOnceForAllItsFiles) {
  folder_.MakeDirs("listable");
  folder_.Write("listable/a", "");
  folder_.Write("listable/b", "");
  ASSERT_EQ(chmod(folder_.Full("listable").c_str(), 0444), 0);
  const Unprivileged unprivileged(folder_);
  Listing listing = Begin();
  EXPECT_THAT(Rest(listing), IsEmpty());
  EXPECT_TRUE(listing.complete());
  EXPECT_THAT(listing.unread(), ElementsAre("listable"));
}

TEST_F(ListingTest, AScopeThatCannotBeReadProvesNothing) {
  folder_.MakeDirs("closed");
  ASSERT_EQ(chmod(folder_.Full("closed").c_str(), 0), 0);
  const Unprivileged unprivileged(folder_);
  Listing listing = Begin("closed");
  EXPECT_THAT(Rest(listing), IsEmpty());
  EXPECT_FALSE(listing.complete());
}

TEST_F(ListingTest, MoreUnreadDirectoriesThanAnEndCanNameProveNothing) {
  for (int i = 0; i <= 1000; ++i) {
    const std::string name = absl::StrCat("d", i);
    folder_.MakeDirs(name);
    ASSERT_EQ(chmod(folder_.Full(name).c_str(), 0), 0);
  }
  const Unprivileged unprivileged(folder_);
  Listing listing = Begin();
  EXPECT_THAT(Rest(listing), IsEmpty());
  EXPECT_EQ(listing.unread().size(), 1000U);
  EXPECT_FALSE(listing.complete());
}

TEST_F(ListingTest, AShallowOneNamesOnlyTheFilesDirectlyInTheScope) {
  folder_.MakeDirs("a/b");
  for (const char* const name : {"a/b/deep", "a/one", "a/two", "top"}) folder_.Write(name, "");
  Listing listing = Begin("a", Listing::Depth::kShallow);
  EXPECT_THAT(Rest(listing), ElementsAre("a/one", "a/two"));
  EXPECT_TRUE(listing.complete());
}

TEST_F(ListingTest, FilesBeingWrittenAreToldAsSettling) {
  folder_.Write("done", "");
  folder_.Write("growing", "");
  writing_.insert("growing");
  Listing listing = Begin();
  std::vector<FileState> files;
  listing.Take(absl::InfiniteDuration(), writing_, files);
  ASSERT_EQ(files.size(), 2U);
  EXPECT_FALSE(files[0].settling);
  EXPECT_TRUE(files[1].settling);
}

TEST_F(ListingTest, ADirectoryRenamedBetweenTwoTakesIsNotToldUnderItsOldPath) {
  folder_.MakeDirs("d");
  for (int i = 0; i < 300; ++i) folder_.Write(absl::StrCat("d/f", 1000 + i), "");
  Listing listing = Begin();
  std::vector<FileState> files;
  ASSERT_TRUE(listing.Take(absl::InfiniteDuration(), writing_, files));
  ASSERT_EQ(files.size(), kMaxFrameStates);
  folder_.Rename("d", "elsewhere");
  folder_.MakeDirs("d");
  folder_.Write("d/f1299", "another");
  files.clear();
  listing.Take(absl::InfiniteDuration(), writing_, files);
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].path, "d/f1299");
  EXPECT_EQ(files[0].size_bytes, 7U);
}

TEST_F(ListingTest, StatesCarrySizeTimeAndInode) {
  folder_.Write("a", "12345");
  struct stat status {};
  ASSERT_EQ(stat(folder_.Full("a").c_str(), &status), 0);
  Listing listing = Begin();
  std::vector<FileState> files;
  listing.Take(absl::InfiniteDuration(), writing_, files);
  ASSERT_EQ(files.size(), 1U);
  EXPECT_TRUE(files[0].present);
  EXPECT_EQ(files[0].size_bytes, 5U);
  EXPECT_EQ(files[0].inode, status.st_ino);
  EXPECT_EQ(files[0].modified_at, absl::TimeFromTimespec(status.st_mtim));
}

}  // namespace
}  // namespace hestia
