#include "thumbnail-service/jobs/listing_merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hestia {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ToldFile Told(const std::string& path, std::int64_t mtime_ns = 1) {
  return ToldFile{.path = path, .present = true, .stamp = {.size_bytes = 1, .mtime_ns = mtime_ns, .inode = 1}};
}

KnownFile Known(std::int64_t id, const std::string& path, bool marked = false) {
  return KnownFile{.id = id, .path = path, .stamp = {.size_bytes = 1, .mtime_ns = 1, .inode = 1},
                   .status = FileStatus::kReady, .marked = marked};
}

TEST(ListingMergeTest, UnchangedFilesDemandNothing) {
  const std::vector<ToldFile> listed = {Told("a"), Told("b")};
  ListingMerge merge(listed);
  merge.Add(Known(1, "a"));
  merge.Add(Known(2, "b"));
  merge.Finish();
  EXPECT_THAT(merge.changed(), IsEmpty());
  EXPECT_THAT(merge.missing_ids(), IsEmpty());
  EXPECT_THAT(merge.returned_ids(), IsEmpty());
}

TEST(ListingMergeTest, NewChangedMissingAndReturnedFilesAreToldApart) {
  const std::vector<ToldFile> listed = {Told("a"), Told("c", 2), Told("d"), Told("f")};
  ListingMerge merge(listed);
  merge.Add(Known(2, "b"));                   // not listed
  merge.Add(Known(3, "c"));                   // other mtime
  merge.Add(Known(4, "d", /*marked=*/true));  // listed after all
  merge.Add(Known(5, "e"));                   // not listed
  merge.Finish();
  EXPECT_THAT(merge.changed(), ElementsAre(0, 1, 3));
  EXPECT_THAT(merge.missing_ids(), ElementsAre(2, 5));
  EXPECT_THAT(merge.returned_ids(), ElementsAre(4));
}

TEST(ListingMergeTest, OrderIsByBytesNotByComponents) {
  // '-' and '.' sort before '/', '0' after it.
  const std::vector<ToldFile> listed = {Told("a-b"), Told("a.jpg"), Told("a/b"), Told("a0")};
  ListingMerge merge(listed);
  int id = 0;
  for (const ToldFile& file : listed) merge.Add(Known(++id, file.path));
  merge.Finish();
  EXPECT_THAT(merge.changed(), IsEmpty());
  EXPECT_THAT(merge.missing_ids(), IsEmpty());
}

TEST(ListingMergeTest, AFileThatIsSettlingIsThereAndDemandsNothingYet) {
  std::vector<ToldFile> listed = {Told("a", 2), Told("b", 2), Told("c", 2), Told("d", 2)};
  for (ToldFile& file : listed) file.settling = true;
  ListingMerge merge(listed);
  merge.Add(Known(2, "b"));                   // other mtime
  merge.Add(Known(3, "c", /*marked=*/true));  // passed over before
  merge.Finish();                             // "a" and "d" are new
  EXPECT_THAT(merge.changed(), IsEmpty());
  EXPECT_THAT(merge.missing_ids(), IsEmpty());
  EXPECT_THAT(merge.returned_ids(), ElementsAre(3));
}

TEST(ListingMergeTest, ARewrittenFileDemandsWorkThoughItsStampIsTheSame) {
  ToldFile told = Told("a");
  EXPECT_FALSE(DemandsWork(told, Known(1, "a")));
  told.rewritten = true;
  EXPECT_TRUE(DemandsWork(told, Known(1, "a")));
}

}  // namespace
}  // namespace hestia
