// A COMMIT that the server carried out and the client never heard of: it is sent again, as one
// that failed would be, and must change nothing.
#include <functional>
#include <string>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "tests/support/pg_proxy.h"
#include "tests/thumbnail-service/store/store_fixture.h"

namespace hestia::test {
namespace {

using testing::Each;

class InDoubtTest : public StoreTest {
 protected:
  // Every row, and the transaction that wrote it: the same row written again differs.
  std::string Rows() {
    std::string rows;
    pqxx::connection connection(database_.url());
    pqxx::nontransaction direct(connection);
    for (const char* const table :
         {"files", "jobs", "contents", "thumbnails", "failures", "removed_files"}) {
      absl::StrAppend(&rows, table, "\n");
      for (const pqxx::row row : direct.exec(absl::StrCat(
               "SELECT t.xmin::text || ' ' || t::text FROM ", table, " t ORDER BY t::text"))) {
        absl::StrAppend(&rows, "  ", row[0].c_str(), "\n");
      }
    }
    return rows;
  }
  // Applies `step`, whose answer is lost, and after `meanwhile` again.
  template <typename Step>
  auto Twice(
      Step step, const std::function<void()>& meanwhile = [] {}) {
    proxy_.SwallowCommitsAnswer();
    const absl::Status lost = step().status();
    EXPECT_TRUE(absl::IsUnavailable(lost)) << lost;
    meanwhile();
    const std::string rows = Rows();
    auto again = step();
    EXPECT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(Rows(), rows);
    return *again;
  }

  PgProxy proxy_{database_.url()};
  PgJobQueue cut_queue_{proxy_.url(), "replica-a", "decoder-1", 1};
  PgIngestStore cut_ingest_{proxy_.url(), "decoder-1"};
};

TEST_F(InDoubtTest, ResultsWhoseCommitWentUnansweredAreStaleTheSecondTime) {
  Tell({Present("a", 1), Present("b", 2), Present("c", 3)});
  std::vector<JobResult> results;
  for (const ClaimedJob& job : ClaimAll()) results.push_back(Result(job, job.path));
  results[1].thumbnails.clear();
  results[1].verdict = Verdict{"DECODE_FAILED", "broken"};
  Tell({Present("c", 3, /*mtime_ns=*/2)});
  std::vector<ClaimedJob> next;  // what the first time put back is claimed before the second
  const std::vector<FinishEffect> again =
      Twice([&] { return cut_queue_.Finish(results); }, [&] { next = ClaimAll(); });
  EXPECT_THAT(again, Each(FinishEffect::kStale)) << "the first time took effect";
  EXPECT_EQ(Number("SELECT count(*) FROM files WHERE state = 1"), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM files WHERE state = 3"), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnails"), 3);
  EXPECT_EQ(Number("SELECT count(*) FROM failures"), 1);
  ASSERT_EQ(next.size(), 1u) << "the new c";
  EXPECT_EQ(Number("SELECT claim_token FROM jobs"), next.front().token);
}

TEST_F(InDoubtTest, ARetryWhoseCommitWentUnansweredIsChargedOnce) {
  Tell({Present("a", 1)});
  const JobRetry retry{.job = ClaimAll().front(), .delay = absl::Hours(1), .error = "EIO"};
  Twice([&]() -> absl::StatusOr<int> {
    if (absl::Status status = cut_queue_.Release({retry}); !status.ok()) return status;
    return 0;
  });
  EXPECT_EQ(Number("SELECT attempts FROM jobs WHERE claim_token IS NULL"), 1);
}

TEST_F(InDoubtTest, AFrameWhoseCommitWentUnansweredIsNotToldAgainAndWouldChangeNothing) {
  Tell({Present("gone", 1), Present("stays", 2)});
  RenderAll();
  const Cursor cursor = NextCursor();
  const IngestEffect again = Twice([&] {
    return cut_ingest_.ApplyStates(
        lease_, {Present("a", 3), Absent("gone"), Present("stays", 2, /*mtime_ns=*/2)}, cursor);
  });
  EXPECT_EQ(again.queued + again.taken_over + again.removed, 0) << "the first time took effect";
  EXPECT_EQ(Paths(), "a stays");
  EXPECT_EQ(Number("SELECT count(*) FROM jobs"), 2);
  const std::optional<Cursor> resume = cut_ingest_.Resume(lease_).value();
  ASSERT_TRUE(resume.has_value());
  EXPECT_EQ(resume->sequence, cursor.sequence) << "the stream goes on behind it";
}

// It takes three: one marks, one removes, the last one stores the cursor.
TEST_F(InDoubtTest, AListingWhoseEndHasACommitUnansweredIsToldAgainUnlessItWasTheLast) {
  Tell({Present("a", 1)});
  for (int commit = 1; commit <= 3; ++commit) {
    SCOPED_TRACE(commit);
    Tell({Present("gone", 10 + static_cast<std::uint64_t>(commit))});
    RenderAll();
    OpenListing listing;
    ASSERT_TRUE(ingest_.BeginListing(lease_, listing).ok());
    ASSERT_TRUE(ingest_.ApplyListed(lease_, listing, {Present("a", 1)}).ok());
    listing.after = "a";
    const ListingProof proof{.complete = true, .unread = {}};
    const Cursor cursor = NextCursor();
    proxy_.SwallowCommitsAnswer(commit);
    const absl::Status lost = cut_ingest_.EndListing(lease_, listing, proof, cursor).status();
    EXPECT_TRUE(absl::IsUnavailable(lost)) << lost;
    EXPECT_EQ(Paths(), commit == 1 ? "a gone" : "a") << "as far as it came";
    EXPECT_EQ(cut_ingest_.Resume(lease_).value()->sequence == cursor.sequence, commit == 3);
    if (commit == 3) {
      const std::string rows = Rows();
      ASSERT_TRUE(cut_ingest_.EndListing(lease_, listing, proof, cursor).ok());
      EXPECT_EQ(Rows(), rows);
    } else {
      ListPieces({}, {Present("a", 1)}, proof);
    }
    EXPECT_EQ(Paths(), "a");
  }
}

}  // namespace
}  // namespace hestia::test
