#include "tests/thumbnail-service/store/store_fixture.h"

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

namespace hestia::test {
namespace {

class IngestStoreTest : public StoreTest {
 protected:
  std::int64_t Files() { return Number("SELECT count(*) FROM files"); }
  std::int64_t Jobs() { return Number("SELECT count(*) FROM jobs"); }
  std::int64_t Ready() { return Number("SELECT count(*) FROM files WHERE state = 1"); }

  void List(const std::string& scope, const std::vector<ToldFile>& files, bool complete = true) {
    ListPieces(OpenListing{.scope = scope, .shallow = false, .after = ""}, files,
               ListingProof{.complete = complete, .unread = {}});
  }
};

TEST_F(IngestStoreTest, ANewFileIsPendingWithAJob) {
  EXPECT_EQ(Tell({Present("a.jpg", 1)}).queued, 1);
  EXPECT_EQ(Files(), 1);
  EXPECT_EQ(Jobs(), 1);
}

TEST_F(IngestStoreTest, TheCursorIsStoredWithTheStatesAndSurvives) {
  Tell({Present("a.jpg", 1)});
  const auto cursor = ingest_.Resume(lease_);
  ASSERT_TRUE(cursor.ok() && cursor->has_value());
  EXPECT_EQ((*cursor)->epoch, 0xFEDCBA9876543210u);
  EXPECT_EQ((*cursor)->sequence, 101u);
}

TEST_F(IngestStoreTest, AnUnchangedFileCostsNothing) {
  Tell({Present("a.jpg", 1)});
  RenderAll();
  const IngestEffect effect = Tell({Present("a.jpg", 1)});
  EXPECT_EQ(effect.queued, 0);
  EXPECT_EQ(effect.taken_over, 0);
  EXPECT_EQ(Number("SELECT version FROM files"), 1);
}

TEST_F(IngestStoreTest, ARewrittenFileIsReadAgainThoughItsStampIsTheSame) {
  Tell({Present("a.jpg", 1)});
  RenderAll();
  ToldFile rewritten = Present("a.jpg", 1);
  rewritten.rewritten = true;
  EXPECT_EQ(Tell({rewritten}).queued, 1);
}

TEST_F(IngestStoreTest, AnEventOnAFileThatCouldNotBeReadQueuesItAgain) {
  Tell({Present("a.jpg", 1)});
  JobResult result{.job = ClaimAll().front()};
  result.verdict = Verdict{"UNREADABLE", "permission denied"};
  ASSERT_TRUE(queue_.Finish({result}).ok());
  EXPECT_EQ(Tell({Present("a.jpg", 1)}).queued, 1);
}

TEST_F(IngestStoreTest, ARenameTakesTheContentOverWithoutAJob) {
  Tell({Present("a.jpg", 1)});
  RenderAll();
  const IngestEffect effect = Tell({Present("b.jpg", 1), Absent("a.jpg")});
  EXPECT_EQ(effect.taken_over, 1);
  EXPECT_EQ(effect.queued, 0);
  EXPECT_EQ(effect.removed, 1);
  EXPECT_EQ(Files(), 1);
  EXPECT_EQ(Ready(), 1);
}

TEST_F(IngestStoreTest, AFileThatComesBackTakesItsContentOver) {
  Tell({Present("a.jpg", 1)});
  RenderAll();
  Tell({Absent("a.jpg")});
  EXPECT_EQ(Files(), 0);
  EXPECT_EQ(Tell({Present("x/a.jpg", 1)}).taken_over, 1);
  EXPECT_EQ(Ready(), 1);
}

TEST_F(IngestStoreTest, ARenameOfAFileStillPendingKeepsItPending) {
  Tell({Present("a.jpg", 1)});
  EXPECT_EQ(Tell({Present("b.jpg", 1), Absent("a.jpg")}).queued, 1);
  EXPECT_EQ(Jobs(), 1);
}

TEST_F(IngestStoreTest, ARewrittenFileIsNotTakenForItsOldSelfByIdentity) {
  Tell({Present("a.jpg", 1)});
  RenderAll();
  ToldFile rewritten = Present("a.jpg", 1);
  rewritten.rewritten = true;
  Tell({rewritten});
  // Renamed before it was read: its old content must not come along.
  EXPECT_EQ(Tell({Present("b.jpg", 1), Absent("a.jpg")}).queued, 1);
  EXPECT_EQ(Ready(), 0);
}

TEST_F(IngestStoreTest, RemovingADirectoryLeavesNoRowOfIt) {
  Tell({Present("d/a.jpg", 1), Present("d/e/b.jpg", 2), Present("d.jpg", 3), Present("d0.jpg", 4),
        Present("d-x/c.jpg", 5)});
  EXPECT_EQ(Tell({Absent("d", /*subtree=*/true)}).removed, 2);
  EXPECT_EQ(Files(), 3);
  EXPECT_EQ(Number("SELECT count(*) FROM files WHERE path ^@ 'd/'"), 0);
  EXPECT_EQ(Jobs(), 3);
}

TEST_F(IngestStoreTest, PatternCharactersInADirectoryNameAreOnlyCharacters) {
  Tell({Present("%_\\\\x/a.jpg", 1), Present("abc/a.jpg", 2)});
  EXPECT_EQ(Tell({Absent("%_\\\\x", true)}).removed, 1);
  EXPECT_EQ(Files(), 1);
}

TEST_F(IngestStoreTest, ADirectoryRemovedAndMadeAgainInOneFrameKeepsTheNewFiles) {
  Tell({Present("d/a.jpg", 1)});
  Tell({Absent("d", true), Present("d/b.jpg", 2)});
  EXPECT_EQ(Number("SELECT count(*) FROM files WHERE path = 'd/b.jpg'"), 1);
  EXPECT_EQ(Files(), 1);
}

TEST_F(IngestStoreTest, ASnapshotAddsChangesAndRemovesExactlyWhatDiffers) {
  List("", {Present("a", 1), Present("b", 2), Present("c", 3), Present("d/e", 4), Present("z", 5)});
  RenderAll();
  EXPECT_EQ(Ready(), 5);
  List("", {Present("a", 1), Present("bb", 20), Present("c", 3, 99), Present("d/e", 4)});
  EXPECT_EQ(Files(), 4);
  EXPECT_EQ(Jobs(), 2);
  EXPECT_EQ(Number("SELECT count(*) FROM files WHERE marked"), 0);
}

TEST_F(IngestStoreTest, AnUnchangedSnapshotWritesNoFileRow) {
  const std::vector<ToldFile> files = {Present("a", 1), Present("a-b", 2), Present("a.c", 3),
                                       Present("a/b", 4), Present("a0", 5)};
  List("", files);
  RenderAll();
  const std::int64_t before = Number("SELECT max(xmin::text::bigint) FROM files");
  List("", files);
  EXPECT_EQ(Number("SELECT max(xmin::text::bigint) FROM files"), before);
  EXPECT_EQ(Jobs(), 0);
}

TEST_F(IngestStoreTest, AListingThatBrokeOffRemovesNothing) {
  List("", {Present("a", 1), Present("b", 2)});
  List("", {Present("b", 2)}, /*complete=*/false);
  EXPECT_EQ(Files(), 2);
  EXPECT_EQ(Number("SELECT count(*) FROM files WHERE marked"), 0);
}

TEST_F(IngestStoreTest, AListingOfADirectoryTouchesNothingOutsideIt) {
  List("", {Present("a/x", 1), Present("a/y", 2), Present("a0", 3), Present("b", 4)});
  List("a", {Present("a/y", 2), Present("a/z", 5)});
  EXPECT_EQ(Number("SELECT count(*) FROM files WHERE path IN ('a/y', 'a/z', 'a0', 'b')"), 4);
  EXPECT_EQ(Files(), 4);
  List("a", {});
  EXPECT_EQ(Files(), 2);
}

TEST_F(IngestStoreTest, AListingReplacesAFileByADirectoryOfTheSameName) {
  Tell({Present("a", 1)});
  List("a", {Present("a/x", 2)});
  EXPECT_EQ(Number("SELECT count(*) FROM files WHERE path = 'a'"), 0);
  EXPECT_EQ(Files(), 1);
}

TEST_F(IngestStoreTest, WhatIsToldDuringAListingOutlivesItsEnd) {
  List("", {Present("a", 1), Present("b", 2)});
  OpenListing listing;
  ASSERT_TRUE(ingest_.BeginListing(lease_, listing).ok());
  const std::vector<ToldFile> listed = {Present("b", 2)};
  ASSERT_TRUE(ingest_.ApplyListed(lease_, listing, listed).ok());  // passes over "a"
  listing.after = "b";
  Tell({Present("a", 1)});
  const ListingProof proof{.complete = true, .unread = {}};
  ASSERT_TRUE(ingest_.EndListing(lease_, listing, proof, NextCursor()).ok());
  EXPECT_EQ(Files(), 2);
}

TEST_F(IngestStoreTest, APathOf4095BytesAndEveryKindOfQuoteGoTheWholeWay) {
  std::string longest;
  while (longest.size() + 256 <= 4095) longest += std::string(255, 'p') + "/";
  longest += std::string(4095 - longest.size(), 'q');
  const std::vector<std::string> paths = {longest, "'\"%_\\\\{},\n\t$1 NULL", "\\xff\\xfe.jpg"};
  std::vector<ToldFile> files;
  for (const std::string& path : paths) files.push_back(Present(path, files.size() + 1));
  Tell(files);
  std::vector<std::string> stored;
  const std::vector<FileRow> rows = catalog_.ListFiles(library_, "", 10).value();
  for (const FileRow& row : rows) stored.push_back(row.path);
  EXPECT_THAT(stored, testing::UnorderedElementsAreArray(paths));
  EXPECT_EQ(Tell({Absent(longest)}).removed, 1);
}

TEST_F(IngestStoreTest, AnOwnerOfThePastCannotWrite) {
  Execute("UPDATE library_leases SET expires_at = '-infinity'");
  PgReplicaRegistry other(database_.url(), "replica-b", "test:2");
  const auto taken = other.TryLease(library_, absl::Seconds(60));
  ASSERT_TRUE(taken.ok() && taken->has_value());
  EXPECT_GT((*taken)->token, lease_.token);
  const std::vector<ToldFile> files = {Present("a", 1)};
  const auto effect = ingest_.ApplyStates(lease_, files, NextCursor());
  EXPECT_TRUE(absl::IsFailedPrecondition(effect.status())) << effect.status();
  EXPECT_EQ(Files(), 0);
}

}  // namespace
}  // namespace hestia::test
