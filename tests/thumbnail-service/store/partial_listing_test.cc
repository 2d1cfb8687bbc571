// Listings that prove less than everything beneath their scope.
#include "tests/thumbnail-service/store/store_fixture.h"

#include <absl/strings/str_cat.h>

namespace hestia::test {
namespace {

class PartialListingTest : public StoreTest {
 protected:
  void Begin(const std::vector<std::string>& paths) {
    std::vector<ToldFile> files;
    for (const std::string& path : paths) files.push_back(Present(path, files.size() + 1));
    Tell(files);
  }
  // A complete listing. A file is unchanged when its inode is its place in Begin(), from 1 on.
  IngestEffect List(const std::string& scope, bool shallow, const std::vector<ToldFile>& files,
                    const std::vector<std::string>& unread = {}) {
    const IngestEffect effect = ListPieces(
        OpenListing{.scope = scope, .shallow = shallow, .after = ""}, files,
        ListingProof{.complete = true, .unread = unread});
    EXPECT_EQ(Number("SELECT count(*) FROM files WHERE marked"), 0);
    return effect;
  }
};

TEST_F(PartialListingTest, AShallowOneComparesOnlyWhatLiesDirectlyInItsScope) {
  Begin({"d.jpg", "d/a", "d/b", "d/e-x", "d/e/deep", "d/e/deeper/still", "d/e0", "d/f/x", "d/z",
         "d0"});
  EXPECT_EQ(List("d", true, {Present("d/b", 3), Present("d/new", 99)}).removed, 4);
  EXPECT_EQ(Paths(), "d.jpg d/b d/e/deep d/e/deeper/still d/f/x d/new d0");
}

TEST_F(PartialListingTest, AShallowOneOfTheRootLeavesEveryDirectoryAlone) {
  Begin({"a", "b/x", "c", "d/y/z", "\xF4\x8F\xBF\xBF"});
  EXPECT_EQ(List("", true, {Present("c", 3)}).removed, 2);
  EXPECT_EQ(Paths(), "b/x c d/y/z");
}

TEST_F(PartialListingTest, AShallowOneThatNamesNothingEmptiesTheDirectoryItself) {
  Begin({"d/a", "d/e/deep", "d/z", "d0"});
  EXPECT_EQ(List("d", true, {}).removed, 2);
  EXPECT_EQ(Paths(), "d/e/deep d0");
}

TEST_F(PartialListingTest, AShallowOneReadsPastManyFilesAndManyDirectories) {
  std::vector<std::string> paths;
  std::vector<ToldFile> kept;
  for (int i = 1000; i < 1100; ++i) {
    paths.push_back(absl::StrCat("d/", i, ".jpg"));
    if (i % 2 == 0) kept.push_back(Present(paths.back(), paths.size()));
    for (int j = 0; j < 20; ++j) paths.push_back(absl::StrCat("d/", i, "/", j));
  }
  Begin(paths);
  EXPECT_EQ(List("d", true, kept).removed, 50);
  EXPECT_EQ(Number("SELECT count(*) FROM files"), 50 + 2000);
}

TEST_F(PartialListingTest, OneThatBrokeOffRemovesNothing) {
  Begin({"d/a", "d/b"});
  const OpenListing listing{.scope = "d", .shallow = true, .after = ""};
  EXPECT_EQ(ListPieces(listing, {Present("d/b", 2)}, ListingProof{}).removed, 0);
  EXPECT_EQ(Paths(), "d/a d/b");
}

TEST_F(PartialListingTest, WhatCouldNotBeReadKeepsItsRowsAndAllBeneath) {
  Begin({"a", "d", "d-x", "d.jpg", "d/a", "d/e/deep", "d0", "f", "g/h"});
  EXPECT_EQ(List("", false, {Present("a", 1)}, {"d", "f"}).removed, 4);
  EXPECT_EQ(Paths(), "a d d/a d/e/deep f");
}

TEST_F(PartialListingTest, PatternCharactersInAnUnreadPathAreOnlyCharacters) {
  Begin({"%/a", "_/b", "x/c"});
  EXPECT_EQ(List("", false, {}, {"_", "%"}).removed, 1);
  EXPECT_EQ(Paths(), "%/a _/b");
}

TEST_F(PartialListingTest, AFileThatCouldNotBeReadIsSparedByAShallowListing) {
  Begin({"d/a", "d/b", "d/e/deep"});
  EXPECT_EQ(List("d", true, {}, {"d/b"}).removed, 1);
  EXPECT_EQ(Paths(), "d/b d/e/deep");
}

TEST_F(PartialListingTest, AnUnreadRootProvesNothing) {
  Begin({"a", "b/c"});
  EXPECT_EQ(List("", false, {}, {""}).removed, 0);
  EXPECT_EQ(Paths(), "a b/c");
}

TEST_F(PartialListingTest, ASettlingFileKeepsItsRowAsItIs) {
  Begin({"a", "b"});
  RenderAll();
  ToldFile settling = Present("b", 2, /*mtime_ns=*/99);
  settling.settling = true;
  ToldFile fresh = Present("c", 3);
  fresh.settling = true;
  const IngestEffect effect = List("", false, {Present("a", 1), settling, fresh});
  EXPECT_EQ(effect.removed, 0);
  // Told once it is at rest: "c" has no row until then, or half a file would be judged.
  EXPECT_EQ(Paths(), "a b");
  EXPECT_EQ(Number("SELECT count(*) FROM jobs"), 0);
  settling.settling = false;
  settling.rewritten = true;
  EXPECT_EQ(Tell({settling, Present("c", 3)}).queued, 2);
}

}  // namespace
}  // namespace hestia::test
