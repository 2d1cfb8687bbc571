#include "watcher-service/tree/directory_tree.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "watcher-service/tree/path_memory.h"

namespace hestia {
namespace {

using testing::UnorderedElementsAre;

TEST(DirectoryTreeTest, PathsFollowTheParents) {
  DirectoryTree tree;
  DirectoryNode* const a = tree.Add(*tree.root(), "a");
  DirectoryNode* const b = tree.Add(*a, "b");
  EXPECT_EQ(tree.RawPath(*tree.root()), "");
  EXPECT_EQ(tree.RawPath(*b), "a/b");
  EXPECT_EQ(DirectoryTree::Child(*a, "b"), b);
}

TEST(DirectoryTreeTest, AMovedDirectoryKeepsItsWatchAndWhatIsBeneath) {
  DirectoryTree tree;
  DirectoryNode* const a = tree.Add(*tree.root(), "a");
  DirectoryNode* const b = tree.Add(*a, "b");
  tree.SetWatch(*b, 7);
  tree.Detach(*a);
  EXPECT_FALSE(tree.RawPath(*b).has_value());
  EXPECT_EQ(DirectoryTree::Child(*tree.root(), "a"), nullptr);
  tree.Attach(*a, *tree.root(), "c");
  EXPECT_EQ(tree.RawPath(*tree.ByWatch(7)), "c/b");
}

TEST(DirectoryTreeTest, DroppingTakesEverythingBeneathAndNamesTheWatches) {
  DirectoryTree tree;
  DirectoryNode* const a = tree.Add(*tree.root(), "a");
  tree.SetWatch(*a, 1);
  tree.SetWatch(*tree.Add(*a, "b"), 2);
  tree.Add(*a, "unwatched");
  const DirectoryTree::Dropped dropped = tree.Drop(*a);
  EXPECT_THAT(dropped.watches, UnorderedElementsAre(1, 2));
  EXPECT_EQ(dropped.ids.size(), 3U);
  EXPECT_EQ(tree.watched(), 0U);
  EXPECT_EQ(tree.ByWatch(2), nullptr);
  EXPECT_TRUE(tree.root()->children.empty());
}

TEST(DirectoryTreeTest, AncestryIncludesTheNodeItself) {
  DirectoryTree tree;
  DirectoryNode* const a = tree.Add(*tree.root(), "a");
  DirectoryNode* const b = tree.Add(*a, "b");
  EXPECT_TRUE(tree.IsAncestorOrSelf(*a, *b));
  EXPECT_TRUE(tree.IsAncestorOrSelf(*a, *a));
  EXPECT_FALSE(tree.IsAncestorOrSelf(*b, *a));
}

TEST(DirectoryTreeTest, RememberedPathsFollowEveryMove) {
  DirectoryTree tree;
  PathMemory paths(tree);
  DirectoryNode* const a = tree.Add(*tree.root(), "a\\");
  DirectoryNode* const b = tree.Add(*a, "b");
  EXPECT_EQ(paths.Of(*b)->text, "a\\\\/b");
  EXPECT_EQ(paths.Of(*b)->raw_bytes, 4U);
  EXPECT_EQ(paths.Of(*tree.root())->text, "");
  tree.Detach(*a);
  EXPECT_FALSE(paths.Of(*b).has_value());
  tree.Attach(*a, *tree.root(), "c");
  EXPECT_EQ(paths.Of(*b)->text, "c/b");
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(paths.Of(*tree.Add(*b, std::to_string(i)))->text, "c/b/" + std::to_string(i));
  }
}

}  // namespace
}  // namespace hestia
