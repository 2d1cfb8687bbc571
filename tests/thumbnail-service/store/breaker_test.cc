// The brake on mass removals, and what ends it.
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include "tests/thumbnail-service/store/store_fixture.h"

namespace hestia::test {
namespace {

class BreakerTest : public StoreTest {
 protected:
  std::vector<ToldFile> Files(int count) {
    std::vector<ToldFile> files;
    for (int i = 0; i < count; ++i) {
      // Ascending by path.
      files.push_back(Present(absl::StrCat("f", 1000 + i), static_cast<std::uint64_t>(i) + 1));
    }
    return files;
  }
  IngestEffect List(const std::vector<ToldFile>& files, const std::string& scope = "") {
    return ListPieces({.scope = scope, .shallow = false, .after = ""}, files,
                      {.complete = true, .unread = {}});
  }
  std::int64_t Rows() { return Number("SELECT count(*) FROM files"); }
  std::int64_t Held() { return catalog_.ReadStats().value().libraries[0].held_removals; }
  SyncStanding Standing() {
    return catalog_.Standing(library_, Cursor{0xFEDCBA9876543210u, sequence_}).value();
  }
};

TEST_F(BreakerTest, AListingThatMissesMostFilesRemovesNoneAndSaysSo) {
  List(Files(300));
  const IngestEffect effect = List(Files(100));
  EXPECT_EQ(effect.removed, 0);
  EXPECT_EQ(effect.held, 200);
  EXPECT_EQ(Rows(), 300);
  EXPECT_EQ(Held(), 200);
  EXPECT_TRUE(Standing().removals_held);
  // Seen missing once more, they are still held, not removed little by little.
  EXPECT_EQ(List(Files(100)).removed, 0);
  EXPECT_EQ(Held(), 200);
}

TEST_F(BreakerTest, AnEmptiedFolderIsHeldToo) {
  List(Files(101));
  EXPECT_EQ(List({}).held, 101);
  EXPECT_EQ(Rows(), 101);
}

TEST_F(BreakerTest, HalfOfTheFilesOrAHundredAreRemovedAtOnce) {
  List(Files(400));
  EXPECT_EQ(List(Files(200)).removed, 200);
  EXPECT_EQ(List(Files(100)).removed, 100);
  EXPECT_EQ(List({}).removed, 100);
  EXPECT_EQ(Rows(), 0);
}

TEST_F(BreakerTest, FilesThatReturnAreHeldNoMoreHoweverTheyAreTold) {
  List(Files(300));
  List({});
  ASSERT_EQ(Held(), 300);
  List(Files(150));  // listed again, unchanged
  EXPECT_EQ(Held(), 150);
  Tell({Present("f1200", 201)});              // an event, unchanged
  Tell({Present("f1201", 202, /*mtime_ns=*/9)});  // and one that changed
  EXPECT_EQ(Held(), 148);
  EXPECT_EQ(Rows(), 300);
}

TEST_F(BreakerTest, RemovalsToldByEventsAreNotHeld) {
  List(Files(300));
  std::vector<ToldFile> gone;
  for (const ToldFile& file : Files(300)) gone.push_back(Absent(file.path));
  Tell(gone);
  EXPECT_EQ(Rows(), 0);
}

TEST_F(BreakerTest, ConfirmingRemovesWhatIsHeldAndNothingElse) {
  List(Files(300));
  List(Files(20));
  Tell({Present("f1299", 300)});
  EXPECT_EQ(steering_.ConfirmRemovals(library_).value(), 279);
  EXPECT_EQ(Rows(), 21);
  EXPECT_EQ(Held(), 0);
  EXPECT_FALSE(Standing().removals_held);
}

TEST_F(BreakerTest, ManyRemovalsGoInBatchesAndTheCursorComesLast) {
  List(Files(300));
  Execute("INSERT INTO files (library_id, path, path_hash, size_bytes, mtime_ns, inode, state, "
          "changed_sequence) SELECT 1, 'g' || n, sha256(convert_to('g' || n, 'UTF8')), 1, 1, n, 1, 0 "
          "FROM generate_series(1, 12000) n");
  EXPECT_EQ(Rows(), 12'300);
  PgIngestStore unlimited(database_.url(), "decoder-1", {.share = 1, .files = 0});
  ASSERT_TRUE(unlimited.BeginListing(lease_, {}).ok());
  const Cursor cursor = NextCursor();
  const auto effect =
      unlimited.EndListing(lease_, {}, {.complete = true, .unread = {}}, cursor);
  EXPECT_EQ(effect.value().removed, 12'300);
  EXPECT_EQ(Rows(), 0);
  EXPECT_EQ(unlimited.Resume(lease_).value(), cursor);
}

TEST_F(BreakerTest, AWholeListingTriesAgainWhatCouldNotBeOpened) {
  Tell({Present("denied", 1), Present("broken", 2)});
  for (const ClaimedJob& job : ClaimAll()) {
    JobResult failed{.job = job};
    failed.verdict = Verdict{job.path == "denied" ? "UNREADABLE" : "UNSUPPORTED_FORMAT", "x"};
    ASSERT_TRUE(queue_.Finish({failed}).ok());
  }
  EXPECT_EQ(List({Present("broken", 2), Present("denied", 1)}).queued, 1);
  const std::vector<ClaimedJob> again = ClaimAll();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].path, "denied");
}

}  // namespace
}  // namespace hestia::test
