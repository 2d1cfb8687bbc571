#include "watcher-service/tree/watched_tree.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace hestia
