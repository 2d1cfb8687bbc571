#include "watcher-service/tree/watched_tree.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "common/unique_fd.h"

#include "tests/watcher-service/temp_folder.h"

namespace hestia {
namespace {

class WatchedTreeTest : public testing::Test {
 protected:
  void Start() {
    tree_.Start(std::make_shared<const RootDirectory>(*RootDirectory::Find(folder_.path())));
    Walk();
  }
  void Walk() {
    while (!tree_.Walk(10)) {
    }
    tree_.Rest();
  }
  DirectoryNode& Node(const std::string& name) {
    return *DirectoryTree::Child(*tree_.tree().root(), name);
  }

  TempFolder folder_;
  const IgnorePolicy ignore_ = IgnorePolicy({});
  const std::unique_ptr<InotifyReader> reader_ = *InotifyReader::Create("read-test", 1000);
  WatchedTree tree_{*reader_, ignore_, {}};
};

TEST_F(WatchedTreeTest, AnOldEventThatWouldPutADirectoryBeneathItselfIsSettledByAWalk) {
  folder_.MakeDirs("d/x");
  Start();
  DirectoryNode& moved = Node("d");
  DirectoryNode& within = *DirectoryTree::Child(moved, "x");
  tree_.Detach(moved);
  EXPECT_FALSE(tree_.Rejoin(moved, within, "d").there);
  EXPECT_TRUE(tree_.DropContradictions());
  EXPECT_FALSE(tree_.DropContradictions());
  EXPECT_EQ(tree_.tree().watched(), 1U);
  tree_.WalkAgain();
  Walk();
  EXPECT_EQ(tree_.tree().watched(), 3U);
}

TEST_F(WatchedTreeTest, ADirectoryThatTookItsParentsPlaceIsFoundThere) {
  folder_.MakeDirs("d/x/deep");
  Start();
  folder_.Rename("d/x", "x");
  folder_.Remove("d");
  folder_.Rename("x", "d");
  tree_.WalkAgain();
  Walk();
  EXPECT_EQ(tree_.tree().watched(), 3U);
  EXPECT_NE(DirectoryTree::Child(Node("d"), "deep"), nullptr);
}

// Tells whether a directory was read.
class ReadNotice {
 public:
  explicit ReadNotice(const std::string& directory) : inotify_(inotify_init1(IN_NONBLOCK)) {
    EXPECT_GE(inotify_add_watch(inotify_.get(), directory.c_str(), IN_ACCESS), 0);
  }
  bool Any() const {
    std::array<char, 4096> bytes{};
    return read(inotify_.get(), bytes.data(), bytes.size()) > 0;
  }

 private:
  UniqueFd inotify_;
};

class LeafDirectoriesTest : public WatchedTreeTest {
 protected:
  void SetUp() override {
    folder_.MakeDirs("branch/leaf");
    folder_.Write("branch/leaf/file", "x");
  }
};

TEST_F(LeafDirectoriesTest, AWalkDoesNotReadADirectoryWhoseLinksSayThatNoneIsInIt) {
  struct stat leaf {};
  ASSERT_EQ(stat(folder_.Full("branch/leaf").c_str(), &leaf), 0);
  if (leaf.st_nlink != 2) GTEST_SKIP() << "here links do not count";
  const ReadNotice in_branch(folder_.Full("branch"));
  const ReadNotice in_leaf(folder_.Full("branch/leaf"));
  WatchedTree::Options options;
  options.counts_subdirectories = [](std::uint32_t) { return true; };
  WatchedTree tree(*reader_, ignore_, options);
  tree.Start(std::make_shared<const RootDirectory>(*RootDirectory::Find(folder_.path())));
  while (!tree.Walk(10)) {
  }
  EXPECT_EQ(tree.tree().watched(), 3U);
  EXPECT_TRUE(in_branch.Any());
  EXPECT_FALSE(in_leaf.Any());
}

TEST_F(LeafDirectoriesTest, AWalkReadsEveryDirectoryWhereLinksDoNotCount) {
  WatchedTree::Options options;
  options.counts_subdirectories = [](std::uint32_t) { return false; };
  WatchedTree tree(*reader_, ignore_, options);
  const ReadNotice in_leaf(folder_.Full("branch/leaf"));
  tree.Start(std::make_shared<const RootDirectory>(*RootDirectory::Find(folder_.path())));
  while (!tree.Walk(10)) {
  }
  EXPECT_TRUE(in_leaf.Any());
}

TEST_F(LeafDirectoriesTest, ADirectoryMadeInOneWithoutAnyIsFoundByTheNextWalk) {
  Start();
  folder_.MakeDirs("branch/leaf/new");
  tree_.WalkAgain();
  Walk();
  EXPECT_EQ(tree_.tree().watched(), 4U);
}

TEST_F(LeafDirectoriesTest, OneWhoseDirectoriesAreAllGoneForgetsThem) {
  folder_.MakeDirs("branch/leaf/old");
  Start();
  folder_.Remove("branch/leaf/old");
  tree_.WalkAgain();
  Walk();
  EXPECT_EQ(tree_.tree().watched(), 3U);
}

}  // namespace
}  // namespace hestia
