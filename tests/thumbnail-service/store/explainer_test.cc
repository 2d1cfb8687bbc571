#include "thumbnail-service/store/pg_explainer.h"

#include <string>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "tests/thumbnail-service/store/store_fixture.h"
#include "thumbnail-service/store/pg_rescue_store.h"

namespace hestia::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr char kNone[] = "(no such fact)";

class ExplainerTest : public StoreTest {
 protected:
  std::string Fact(const std::string& path, const std::string& name) {
    return FactOf(explainer_, path, name);
  }
  std::string FactOf(PgExplainer& explainer, const std::string& path, const std::string& name) {
    const auto facts = explainer.Explain(library_, path).value();
    if (!facts.has_value()) return "(no such file)";
    for (const auto& [key, text] : *facts) {
      if (key == name) return text;
    }
    return kNone;
  }
  // Of bytes when there are any, else of the file's version.
  void GiveVerdict(const std::string& bytes) {
    JobResult failed{.job = ClaimAll().front()};
    if (!bytes.empty()) failed = Result(failed.job, bytes);
    failed.thumbnails.clear();
    failed.verdict = Verdict{"DECODE_FAILED", "cut short"};
    ASSERT_EQ(queue_.Finish({failed}).value().front(), FinishEffect::kStored);
  }
};

TEST_F(ExplainerTest, AWaitingFileTellsWhereIngestAndTheQueueAre) {
  Tell({Present("a", 1), Present("b", 2)});
  Execute(
      "UPDATE jobs SET order_key = order_key + 1 WHERE file_id = "
      "(SELECT id FROM files WHERE path = 'b')");
  EXPECT_EQ(Fact("b", "state"), "PENDING");
  EXPECT_EQ(Fact("b", "version"), "1");
  EXPECT_EQ(Fact("b", "size_bytes"), "1000");
  EXPECT_EQ(Fact("b", "inode"), "2");
  EXPECT_EQ(Fact("b", "changed_by"), absl::StrCat("the change with sequence ", sequence_));
  EXPECT_EQ(Fact("b", "library_state"), "WATCHING");
  EXPECT_EQ(Fact("b", "library_cursor"), absl::StrCat(0xFEDCBA9876543210u, ":", sequence_))
      << "unsigned, as the watcher writes it";
  EXPECT_EQ(Fact("b", "ingested_by"), "replica-a");
  EXPECT_EQ(Fact("b", "job"), "waits; jobs of the library before it: 1");
  EXPECT_EQ(Fact("a", "job"), "waits; jobs of the library before it: 0");
  EXPECT_EQ(Fact("b", "job_wanted_version"), "1");
  EXPECT_EQ(Fact("b", "job_replica"), kNone);
  EXPECT_EQ(Fact("b", "verdict"), kNone);
  EXPECT_EQ(Fact("b", "content"), "not read yet in this version");
  EXPECT_EQ(Fact("nowhere", "state"), "(no such file)");
}

TEST_F(ExplainerTest, AJobInWorkTellsWhoHasItAndOfWhichVersion) {
  Tell({Present("a", 1)});
  const ClaimedJob job = ClaimAll().front();
  Tell({Present("a", 1, /*mtime_ns=*/2)});
  EXPECT_THAT(Fact("a", "job"), StartsWith("in work since 20"));
  EXPECT_EQ(Fact("a", "job_replica"), "replica-a");
  EXPECT_EQ(Fact("a", "job_token"), absl::StrCat(job.token));
  EXPECT_EQ(Fact("a", "job_claimed_version"), "1");
  EXPECT_EQ(Fact("a", "job_wanted_version"), "2");
  EXPECT_EQ(Fact("a", "job_attempts"), "0");
}

TEST_F(ExplainerTest, AJobThatFailedTellsHowOftenWhyAndWhenItIsTriedAgain) {
  Tell({Present("a", 1)});
  for (const bool charge : {true, false, true}) {
    const JobRetry retry{.job = ClaimAll().front(),
                         .delay = absl::ZeroDuration(),
                         .charge = charge,
                         .error = "the disk answered EIO"};
    ASSERT_TRUE(queue_.Release({retry}).ok());
  }
  EXPECT_EQ(Fact("a", "job_attempts"), "2");
  EXPECT_EQ(Fact("a", "job_tries"), "3");
  EXPECT_EQ(Fact("a", "job_last_error"), "the disk answered EIO");
  const JobRetry later{.job = ClaimAll().front(), .delay = absl::Hours(1), .error = "again"};
  ASSERT_TRUE(queue_.Release({later}).ok());
  EXPECT_THAT(Fact("a", "job"), StartsWith("waits for its next try until 20"));
}

TEST_F(ExplainerTest, AJobOnWhichAReplicaDiedTellsTheDeath) {
  Tell({Present("a", 1)});
  PgReplicaRegistry dying(database_.url(), "replica-b", "test:2");
  ASSERT_TRUE(dying.Beat(WorkFigures{}, 1, "").ok());
  ASSERT_EQ(PgJobQueue(database_.url(), "replica-b", "d", 1).Claim({library_}, 1).value().size(),
            1u);
  EXPECT_EQ(Fact("a", "job_replica"), "replica-b");
  EXPECT_EQ(Fact("a", "job_replica_deaths"), kNone);
  PgRescueStore rescue(database_.url(), "replica-a");
  ASSERT_EQ(rescue.RescueFrom(rescue.Survey().value().front(), 3).value().requeued, 1);
  EXPECT_EQ(Fact("a", "job_replica_deaths"), "1");
}

TEST_F(ExplainerTest, AVerdictOfBytesHoldsUntilAnotherDecoderComes) {
  Tell({Present("a", 1)});
  GiveVerdict("broken bytes");
  EXPECT_EQ(Fact("a", "state"), "FAILED");
  EXPECT_EQ(Fact("a", "verdict"), "DECODE_FAILED: cut short");
  EXPECT_EQ(Fact("a", "verdict_attempts"), "1");
  EXPECT_THAT(Fact("a", "verdict_at"), StartsWith("20"));
  EXPECT_EQ(Fact("a", "verdict_holds_until"),
            "every replica has another decoder or other limits than decoder-1 (this one has "
            "decoder-1), or RetryFailures");
  EXPECT_EQ(Fact("a", "job"), kNone);
  PgExplainer newer(database_.url(), "decoder-2", 1);
  EXPECT_THAT(FactOf(newer, "a", "verdict_holds_until"), HasSubstr("(this one has decoder-2)"));
}

TEST_F(ExplainerTest, AVerdictOfAFileThatWasNotReadHoldsUntilItChanges) {
  Tell({Present("a", 1)});
  GiveVerdict("");
  EXPECT_EQ(Fact("a", "verdict"), "DECODE_FAILED: cut short");
  EXPECT_EQ(Fact("a", "verdict_holds_until"),
            "the file changes, every replica has another decoder or other limits than decoder-1 "
            "(this one has decoder-1), or RetryFailures");
  EXPECT_EQ(Fact("a", "content"), "not read yet in this version");
}

TEST_F(ExplainerTest, AReadyFileTellsItsBytesItsThumbnailsAndWhatTheyTook) {
  Tell({Present("a", 1), Present("copy", 2)});
  for (const ClaimedJob& job : ClaimAll()) {
    JobResult result = Result(job, "same");
    result.read_time = absl::Milliseconds(3);
    result.render_time = absl::Milliseconds(40);
    ASSERT_EQ(queue_.Finish({result}).value().front(), FinishEffect::kStored);
  }
  EXPECT_EQ(Fact("a", "state"), "READY");
  EXPECT_THAT(Fact("a", "content_digest"), StartsWith("xxh3-128:73616d65"));
  EXPECT_EQ(Fact("a", "image_size"), "640x480");
  EXPECT_EQ(Fact("a", "other_files_with_these_bytes"), "1");
  EXPECT_EQ(Fact("a", "rendered_by"), "replica-a");
  EXPECT_EQ(Fact("a", "reading_took"), "3ms");
  EXPECT_EQ(Fact("a", "rendering_took"), "40ms");
  EXPECT_THAT(Fact("a", "thumbnail large"), HasSubstr("512x1, 9 bytes, made 20"));
  EXPECT_EQ(Fact("a", "job"), kNone);
  ASSERT_TRUE(recipe_book_.Apply(ParseRecipes("tiny=32").value()).ok());
  EXPECT_THAT(Fact("a", "thumbnail tiny"), StartsWith("missing ("));
  EXPECT_THAT(Fact("a", "past thumbnail large"), HasSubstr("512x1"));
}

TEST_F(ExplainerTest, WhyNobodyTakesAFileUpIsTold) {
  Tell({Present("a", 1)});
  EXPECT_EQ(Fact("a", "paused"), kNone);
  ASSERT_TRUE(steering_.SetPaused(library_, true).ok());
  EXPECT_THAT(Fact("a", "paused"), StartsWith("yes"));
  ASSERT_TRUE(steering_.SetPaused(library_, false).ok());
  ASSERT_TRUE(steering_.SetPaused(std::nullopt, true).ok());
  EXPECT_THAT(Fact("a", "paused"), StartsWith("yes")) << "all libraries are";

  EXPECT_EQ(Fact("a", "replica_problem test:1"), kNone);
  const std::string problem = "the folder of library photos is not here";
  ASSERT_TRUE(registry_.Beat(WorkFigures{}, 2, problem).ok());
  EXPECT_EQ(Fact("a", "replica_problem test:1"), problem);
  ASSERT_TRUE(steering_.SetPaused(std::nullopt, false).ok());
  RenderAll();
  EXPECT_EQ(Fact("a", "replica_problem test:1"), kNone) << "nothing waits for it";
}

TEST_F(ExplainerTest, AFileWhoseRemovalIsHeldTellsIt) {
  std::vector<ToldFile> files;
  for (std::uint64_t i = 0; i < 150; ++i)
    files.push_back(Present(absl::StrCat("f", 1000 + i), i + 1));
  ListPieces({}, files, {.complete = true, .unread = {}});
  EXPECT_EQ(Fact("f1001", "changed_by"), "a listing");
  EXPECT_EQ(Fact("f1001", "removal"), kNone);
  ListPieces({}, {files.front()}, {.complete = true, .unread = {}});
  EXPECT_THAT(Fact("f1001", "removal"), StartsWith("held"));
  EXPECT_EQ(Fact("f1000", "removal"), kNone);
}

}  // namespace
}  // namespace hestia::test
