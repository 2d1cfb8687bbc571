#include "tests/thumbnail-service/store/store_fixture.h"

#include <variant>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "common/error_reason.h"

namespace hestia::test {
namespace {

using CatalogTest = StoreTest;

TEST_F(CatalogTest, AnUnknownLibraryHasItsReason) {
  const auto found = catalog_.FindLibrary("nowhere");
  EXPECT_TRUE(absl::IsNotFound(found.status()));
  EXPECT_EQ(ReasonOf(found.status()), "LIBRARY_UNKNOWN");
}

TEST_F(CatalogTest, AThumbnailIsFoundPendingFailedOrUnknown) {
  Tell({Present("ready", 1)});
  RenderAll();
  Tell({Present("bad", 2)});
  JobResult failed{.job = ClaimAll().front()};
  failed.verdict = Verdict{"UNREADABLE", "denied"};
  ASSERT_TRUE(queue_.Finish({failed}).ok());
  Tell({Present("waiting", 3)});

  const auto find = [&](const char* path) {
    return catalog_.FindThumbnail(library_, path, recipes_[0]).value();
  };
  EXPECT_EQ(std::get<StoredThumbnail>(find("ready")).width_px, 512);
  EXPECT_EQ(std::get<Verdict>(find("bad")).detail, "denied");
  EXPECT_TRUE(std::holds_alternative<StillPending>(find("waiting")));
  EXPECT_TRUE(std::holds_alternative<UnknownFile>(find("nowhere")));
}

TEST_F(CatalogTest, APlaceholderIsKeptWithTheBytesAndTheNextRenderReplacesIt) {
  Tell({Present("a", 1), Present("b", 2), Present("c", 3)});
  const std::vector<ClaimedJob> jobs = ClaimAll();
  JobResult first = Result(jobs[0], "same");
  first.placeholder = {std::string("\0\xff'\\x", 5), Rgb{1, 2, 3}};
  first.damage = "JPEG: the file is cut short";
  // In one batch, as a file whose bytes were known has none to tell.
  JobResult known = Result(jobs[1], "same");
  ASSERT_TRUE(queue_.Finish({known, first}).ok());
  ASSERT_TRUE(queue_.Finish({Result(jobs[2], "other")}).ok());
  const auto rows = [&] { return catalog_.ListFiles(library_, "", 10).value(); };
  EXPECT_EQ(rows()[0].placeholder.thumbhash, first.placeholder.thumbhash);
  EXPECT_EQ(rows()[1].placeholder.dominant, (Rgb{1, 2, 3})) << "b has the same bytes";
  EXPECT_EQ(rows()[1].damage, "JPEG: the file is cut short");
  EXPECT_EQ(rows()[2].placeholder.thumbhash, "");
  EXPECT_FALSE(rows()[2].placeholder.dominant.has_value());
  const auto found = catalog_.FindThumbnail(library_, "b", recipes_[0]).value();
  EXPECT_EQ(std::get<StoredThumbnail>(found).placeholder.thumbhash, first.placeholder.thumbhash);

  Tell({Present("a", 1, 77)});
  JobResult again = Result(ClaimAll().front(), "same");
  again.placeholder = {"other", std::nullopt};
  ASSERT_TRUE(queue_.Finish({again}).ok());
  EXPECT_EQ(rows()[1].placeholder.thumbhash, "other");
  EXPECT_EQ(rows()[1].damage, "");
  EXPECT_FALSE(rows()[1].placeholder.dominant.has_value()) << "belongs to the hash";
}

TEST_F(CatalogTest, ALiftedFileIsClaimedFirst) {
  Tell({Present("a", 1), Present("b", 2), Present("c", 3)});
  const auto answer = catalog_.FindThumbnail(library_, "c", recipes_[0]).value();
  ASSERT_TRUE(catalog_.Lift(std::get<StillPending>(answer).file_id).ok());
  const std::vector<ClaimedJob> claimed = queue_.Claim({library_}, 2).value();
  EXPECT_EQ(claimed[0].path, "c");
  EXPECT_TRUE(claimed[0].awaited);
  EXPECT_FALSE(claimed[1].awaited);
}

TEST_F(CatalogTest, PagesOfFilesAreInByteOrderAndComplete) {
  const std::vector<std::string> paths = {"a", "a-b", "a.c", "a/b", "a0", "b", "ä"};
  std::vector<ToldFile> files;
  for (const std::string& path : paths) files.push_back(Present(path, files.size() + 1));
  Tell(files);
  std::vector<std::string> listed;
  std::string after;
  while (true) {
    const auto page = catalog_.ListFiles(library_, after, 2).value();
    if (page.empty()) break;
    for (const FileRow& row : page) listed.push_back(row.path);
    after = listed.back();
  }
  EXPECT_EQ(listed, paths);
}

TEST_F(CatalogTest, QueueingFilesAnewForgetsTheirVerdictAndReadsThemAgain) {
  Tell({Present("bad", 1)});
  JobResult failed = Result(ClaimAll().front(), "broken");
  failed.thumbnails.clear();
  failed.verdict = Verdict{"DECODE_FAILED", "cut short"};
  ASSERT_TRUE(queue_.Finish({failed}).ok());
  ASSERT_EQ(catalog_.ListFailures(library_, "", 10).value().size(), 1u);

  EXPECT_THAT(catalog_.QueueFiles(library_, {"bad", "unknown"}).value(),
              testing::ElementsAre("bad"));
  EXPECT_THAT(catalog_.ListFailures(library_, "", 10).value(), testing::IsEmpty());
  EXPECT_FALSE(queue_.LookUp(*failed.content).value().verdict.has_value());
  EXPECT_EQ(ClaimAll().size(), 1u);
}

// Between the question that found it pending and the lift another replica may have judged it.
TEST_F(CatalogTest, AFileJudgedMeanwhileIsNotLifted) {
  Tell({Present("bad", 1)});
  const auto pending = catalog_.FindThumbnail(library_, "bad", recipes_[0]).value();
  JobResult failed = Result(ClaimAll().front(), "broken");
  failed.thumbnails.clear();
  failed.verdict = Verdict{"DECODE_FAILED", "cut short"};
  ASSERT_TRUE(queue_.Finish({failed}).ok());
  ASSERT_TRUE(catalog_.Lift(std::get<StillPending>(pending).file_id).ok());
  EXPECT_EQ(catalog_.ListFailures(library_, "", 10).value().size(), 1u);
  EXPECT_THAT(ClaimAll(), testing::IsEmpty());
}

TEST_F(CatalogTest, LiftingAVerdictLiftsItForEveryFileWithTheSameBytes) {
  Tell({Present("a", 1), Present("b", 2)});
  for (const ClaimedJob& job : ClaimAll()) {
    JobResult failed = Result(job, "broken");
    failed.thumbnails.clear();
    failed.verdict = Verdict{"DECODE_FAILED", "cut short"};
    ASSERT_TRUE(queue_.Finish({failed}).ok());
  }
  EXPECT_THAT(catalog_.QueueFiles(library_, {"a"}).value(), testing::ElementsAre("a"));
  EXPECT_EQ(ClaimAll().size(), 2u);
}

TEST_F(CatalogTest, QueueMissingHealsAFileWhoseThumbnailIsLost) {
  Tell({Present("a", 1), Present("b", 2)});
  RenderAll();
  EXPECT_EQ(catalog_.QueueMissing(library_).value(), 0);
  Execute(absl::StrCat("DELETE FROM thumbnails WHERE recipe_id = ", recipes_.back().id,
                       " AND content_id = (SELECT content_id FROM files WHERE path = 'a')"));
  EXPECT_EQ(catalog_.QueueMissing(std::nullopt).value(), 1);
  EXPECT_EQ(ClaimAll().front().path, "a");
}

TEST_F(CatalogTest, StatsCountFilesByStateAndNameTheReplicas) {
  Tell({Present("a", 1)});
  RenderAll();
  Tell({Present("b", 2)});
  const CatalogStats stats = catalog_.ReadStats().value();
  EXPECT_EQ(stats.jobs, 1);
  ASSERT_EQ(stats.replicas.size(), 1u);
  EXPECT_EQ(stats.replicas[0].id, "replica-a");
  ASSERT_EQ(stats.libraries.size(), 1u);
  EXPECT_EQ(stats.libraries[0].ready_files, 1);
  EXPECT_EQ(stats.libraries[0].pending_files, 1);
  EXPECT_EQ(stats.libraries[0].ingest_replica_id, "replica-a");
}

TEST_F(CatalogTest, APointIsReachedOnceIngestedAndNothingBeforeItIsPending) {
  Tell({Present("a", 1)});
  const Cursor point{.epoch = 0xFEDCBA9876543210u, .sequence = sequence_};
  EXPECT_FALSE(catalog_.Standing(library_, point).value().reached) << "a is pending";
  RenderAll();
  EXPECT_TRUE(catalog_.Standing(library_, point).value().reached);
  Tell({Present("b", 2)});
  EXPECT_TRUE(catalog_.Standing(library_, point).value().reached) << "b came later";
  EXPECT_FALSE(
      catalog_.Standing(library_, {.epoch = 1, .sequence = 1}).value().same_epoch);
  EXPECT_FALSE(
      catalog_.Standing(library_, {.epoch = point.epoch, .sequence = 999}).value().reached);
}

}  // namespace
}  // namespace hestia::test
