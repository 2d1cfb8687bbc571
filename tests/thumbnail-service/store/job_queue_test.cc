#include "tests/thumbnail-service/store/store_fixture.h"

#include <set>
#include <thread>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "tests/support/pg_proxy.h"

namespace hestia::test {
namespace {

class JobQueueTest : public StoreTest {
 protected:
  void AddFiles(int count) {
    std::vector<ToldFile> files;
    for (int i = 0; i < count; ++i) {
      files.push_back(Present(absl::StrCat("f", i), static_cast<std::uint64_t>(i + 1)));
    }
    Tell(files);
  }
  FinishEffect Finish(const JobResult& result) { return queue_.Finish({result}).value().front(); }
};

TEST_F(JobQueueTest, EveryJobIsClaimedByExactlyOneOfManyReplicas) {
  AddFiles(300);
  constexpr int kReplicas = 4;
  std::vector<std::vector<ClaimedJob>> claimed(kReplicas);
  std::vector<std::thread> replicas;
  for (int i = 0; i < kReplicas; ++i) {
    replicas.emplace_back([&, i] {
      PgJobQueue queue(database_.url(), absl::StrCat("r", i), "d", 1);
      while (true) {
        const auto jobs = queue.Claim({library_}, 7).value();
        if (jobs.empty()) return;
        claimed[static_cast<std::size_t>(i)].insert(claimed[static_cast<std::size_t>(i)].end(),
                                                     jobs.begin(), jobs.end());
      }
    });
  }
  for (std::thread& replica : replicas) replica.join();
  std::set<std::int64_t> files;
  std::set<std::int64_t> tokens;
  std::size_t total = 0;
  for (const auto& jobs : claimed) {
    for (const ClaimedJob& job : jobs) {
      files.insert(job.file_id);
      tokens.insert(job.token);
      ++total;
    }
  }
  EXPECT_EQ(total, 300u);
  EXPECT_EQ(files.size(), 300u);
  EXPECT_EQ(tokens.size(), 300u);
}

TEST_F(JobQueueTest, JobsOfALibraryWithoutItsFolderAreLeftToOthers) {
  AddFiles(1);
  EXPECT_THAT(queue_.Claim({}, 10).value(), testing::IsEmpty());
  EXPECT_THAT(queue_.Claim({library_ + 1}, 10).value(), testing::IsEmpty());
}

TEST_F(JobQueueTest, FinishStoresThumbnailsAndRemovesTheJobTogether) {
  AddFiles(1);
  RenderAll();
  EXPECT_EQ(Number("SELECT count(*) FROM jobs"), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnails"), 3);
  EXPECT_EQ(Number("SELECT count(*) FROM files WHERE state = 1"), 1);
}

TEST_F(JobQueueTest, IdenticalFilesShareTheirThumbnails) {
  AddFiles(5);
  RenderAll("same bytes");
  EXPECT_EQ(Number("SELECT count(*) FROM contents"), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnails"), 3);
  EXPECT_EQ(Number("SELECT count(*) FROM files WHERE state = 1"), 5);
}

TEST_F(JobQueueTest, ThumbnailsOfTheSameBytesAreStoredOnce) {
  AddFiles(2);
  std::vector<JobResult> results;
  for (const ClaimedJob& job : ClaimAll()) {
    results.push_back(Result(job, "small image"));
    for (Thumbnail& thumbnail : results.back().thumbnails) thumbnail.data = "one for all";
    results.back().thumbnails.back().data = "another";
  }
  ASSERT_EQ(queue_.Finish(results).value().front(), FinishEffect::kStored);
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnails"), 3);
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnails WHERE data IS NULL"), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnail_images WHERE data = 'one for all'"), 2);
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnail_images WHERE data = 'another'"), 1);
  for (const StoredRecipe& recipe : recipes_) {
    const auto answer = catalog_.FindThumbnail(library_, "f1", recipe).value();
    ASSERT_TRUE(std::holds_alternative<StoredThumbnail>(answer));
    EXPECT_FALSE(std::get<StoredThumbnail>(answer).data.empty());
  }
}

TEST_F(JobQueueTest, AThumbnailIsNotSharedWithOneThatWasThereBefore) {
  AddFiles(1);
  RenderAll("bytes");
  Execute(absl::StrCat("DELETE FROM thumbnails WHERE recipe_id <> ", recipes_[0].id));
  Execute("UPDATE files SET state = 2; INSERT INTO jobs (file_id, library_id, wanted_version, "
          "order_key) SELECT id, library_id, version, 1 FROM files");
  JobResult result = Result(ClaimAll().front(), "bytes");
  for (Thumbnail& thumbnail : result.thumbnails) thumbnail.data = "other renderer";
  ASSERT_EQ(Finish(result), FinishEffect::kStored);
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnail_images WHERE data = 'other renderer'"), 2);
}

// What the planner takes for small on a database that is being filled, it reads by any index.
TEST_F(JobQueueTest, EveryIndexOfThumbnailsLeadsToOneThumbnail) {
  EXPECT_EQ(Number("SELECT count(*) FROM pg_index WHERE indrelid = 'thumbnails'::regclass "
                   "AND indnkeyatts < 2"),
            0);
}

TEST_F(JobQueueTest, KnownBytesNeedNoRender) {
  AddFiles(1);
  const ClaimedJob job = ClaimAll().front();
  const JobResult result = Result(job, "bytes");
  EXPECT_EQ(queue_.LookUp(*result.content).value().missing.size(), 3u);
  ASSERT_EQ(Finish(result), FinishEffect::kStored);
  EXPECT_THAT(queue_.LookUp(*result.content).value().missing, testing::IsEmpty());
}

TEST_F(JobQueueTest, AFileThatChangedWhileItsResultWaitedIsSettledAllTheSame) {
  AddFiles(2);
  const std::vector<ClaimedJob> jobs = ClaimAll();
  pqxx::connection other(database_.url());
  pqxx::work marking(other);
  marking.exec("UPDATE files SET marked = true");
  std::vector<JobResult> results;
  for (const ClaimedJob& job : jobs) results.push_back(Result(job, job.path));
  std::thread finishing([&] {
    EXPECT_THAT(queue_.Finish(results).value(), testing::Each(FinishEffect::kStored));
  });
  AwaitBlockedSession();
  marking.commit();
  finishing.join();
  EXPECT_EQ(Number("SELECT count(*) FROM files WHERE state = 1 AND marked"), 2);
  EXPECT_EQ(Number("SELECT count(*) FROM jobs"), 0);
}

TEST_F(JobQueueTest, AJobsHintOfWhereItsFileLiesIsNotBelievedWhenAnotherFileLiesThere) {
  AddFiles(2);
  ASSERT_EQ(Number("SELECT count(*) FROM jobs j JOIN files f ON f.ctid = j.file_place "
                   "WHERE f.id = j.file_id"),
            2)
      << "the hint leads to the file";
  Execute("UPDATE jobs j SET file_place = f.ctid FROM files f WHERE f.id <> j.file_id");
  const std::vector<ClaimedJob> jobs = ClaimAll();
  ASSERT_EQ(jobs.size(), 2u);
  for (const ClaimedJob& job : jobs) {
    EXPECT_EQ(Number(absl::StrCat("SELECT id FROM files WHERE path = '", job.path, "'")),
              job.file_id);
    // One by one: together each would lock the other's file.
    EXPECT_EQ(Finish(Result(job, job.path)), FinishEffect::kStored);
  }
  EXPECT_EQ(Number("SELECT count(*) FROM files f JOIN contents c ON c.id = f.content_id "
                   "WHERE f.state = 1 AND encode(substring(c.digest FOR 2), 'escape') = f.path"),
            2);
}

TEST_F(JobQueueTest, AnIndexLeadsFromATokenToItsOneClaim) {
  EXPECT_EQ(Number("SELECT count(*) FROM pg_index WHERE indrelid = 'jobs'::regclass AND indisunique "
                   "AND pg_get_indexdef(indexrelid) LIKE '%(claim_token)%'"),
            1);
}

TEST_F(JobQueueTest, AResultOfAReplicaThatWasTakenForDeadClearsItsFileOfSuspicion) {
  AddFiles(2);
  const std::vector<ClaimedJob> jobs = ClaimAll();
  Execute("UPDATE jobs SET claim_token = NULL, claimed_by = NULL, crashes = 2, crashed_version = 1");
  EXPECT_EQ(Finish(Result(jobs[0], "late")), FinishEffect::kStale);
  EXPECT_EQ(Number(absl::StrCat("SELECT crashes FROM jobs WHERE file_id = ", jobs[0].file_id)), 0);
  EXPECT_EQ(Number(absl::StrCat("SELECT crashes FROM jobs WHERE file_id = ", jobs[1].file_id)), 2);
}

TEST_F(JobQueueTest, AResultOfAReplicaThatWasTakenForDeadLiftsTheVerdictThatItDied) {
  AddFiles(2);
  const std::vector<ClaimedJob> jobs = ClaimAll();
  Execute("DELETE FROM jobs; UPDATE files SET state = 3;"
          "INSERT INTO failures (file_id, file_version, code, detail, attempts) "
          "SELECT id, version, CASE path WHEN 'f0' THEN 'REPLICA_DIED' ELSE 'UNREADABLE' END, '', 3 "
          "FROM files");
  for (const ClaimedJob& job : jobs) EXPECT_EQ(Finish(Result(job, "late")), FinishEffect::kStale);
  const std::vector<ClaimedJob> again = ClaimAll();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].path, "f0");
  EXPECT_EQ(Number("SELECT count(*) FROM failures"), 1);
  EXPECT_EQ(Finish(Result(again[0], "now")), FinishEffect::kStored);
}

constexpr char kClaims[] = "SELECT count(*) FROM jobs WHERE claim_token IS NOT NULL";

TEST_F(JobQueueTest, AClaimWhoseAnswerIsLostIsUndoneAndWhatIsInHandStays) {
  AddFiles(4);
  PgProxy proxy(database_.url());
  PgJobQueue queue(proxy.url(), "replica-a", "decoder-1", 2);
  const ClaimedJob mine = queue.Claim({library_}, 1).value().front();
  proxy.SwallowCommitsAnswer();
  const auto lost = queue.Claim({library_}, 2);
  EXPECT_TRUE(absl::IsUnavailable(lost.status())) << lost.status();
  EXPECT_EQ(Number(kClaims), 1) << "nobody has the others in hand";
  EXPECT_EQ(queue.Claim({library_}, 10).value().size(), 3u);
  EXPECT_EQ(queue.Finish({Result(mine, "x")}).value().front(), FinishEffect::kStored);
}

TEST_F(JobQueueTest, AClaimWhoseAnswerIsLostWithTheDatabaseIsUndoneWhenItIsBack) {
  AddFiles(2);
  PgProxy proxy(database_.url());
  PgJobQueue queue(proxy.url(), "replica-a", "decoder-1", 2);
  ASSERT_THAT(queue.Claim({library_ + 1}, 1).value(), testing::IsEmpty());
  proxy.SwallowCommitsAnswer();
  proxy.Refuse(true);
  EXPECT_TRUE(absl::IsUnavailable(queue.Claim({library_}, 2).status()));
  EXPECT_EQ(Number(kClaims), 2) << "it was committed";
  EXPECT_TRUE(absl::IsUnavailable(queue.Claim({}, 2).status()));
  proxy.Refuse(false);
  EXPECT_THAT(queue.Claim({}, 2).value(), testing::IsEmpty());
  EXPECT_EQ(Number(kClaims), 0);
}

TEST_F(JobQueueTest, ASuspectWhoseClaimsAnswerIsLostIsClaimedAgain) {
  AddFiles(1);
  Execute("UPDATE jobs SET crashes = 1, crashed_version = wanted_version");
  PgProxy proxy(database_.url());
  PgJobQueue queue(proxy.url(), "replica-a", "decoder-1", 2);
  proxy.SwallowCommitsAnswer();
  EXPECT_TRUE(absl::IsUnavailable(queue.ClaimSuspect({library_}).status()));
  EXPECT_TRUE(queue.SuspectsWait({library_}).value());
  EXPECT_TRUE(queue.ClaimSuspect({library_}).value().has_value());
}

TEST_F(JobQueueTest, AClaimThatIsBeingCommittedWhileItsConnectionEndsIsWaitedForAndUndone) {
  AddFiles(2);
  Execute("CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "
          "'BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END';"
          "CREATE CONSTRAINT TRIGGER waits AFTER UPDATE ON jobs DEFERRABLE INITIALLY DEFERRED "
          "FOR EACH ROW EXECUTE FUNCTION wait()");
  pqxx::connection other(database_.url());
  pqxx::work holding(other);
  holding.exec("SELECT pg_advisory_xact_lock(7)");
  PgProxy proxy(database_.url());
  PgJobQueue queue(proxy.url(), "replica-a", "decoder-1", 2);
  absl::Status lost;
  std::thread claiming([&] { lost = queue.Claim({library_}, 2).status(); });
  AwaitBlockedSession();
  proxy.Cut();
  AwaitBlockedSession(2);
  holding.commit();
  claiming.join();
  EXPECT_TRUE(absl::IsUnavailable(lost)) << lost;
  EXPECT_EQ(Number(kClaims), 0);
  EXPECT_EQ(queue.Claim({library_}, 2).value().size(), 2u);
}

TEST_F(JobQueueTest, AStaleTokenChangesNothing) {
  AddFiles(1);
  const ClaimedJob mine = ClaimAll().front();
  Execute("UPDATE jobs SET claim_token = NULL");
  const ClaimedJob theirs = ClaimAll().front();
  EXPECT_EQ(Finish(Result(mine, "old")), FinishEffect::kStale);
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnails"), 0);
  EXPECT_EQ(Finish(Result(theirs, "new")), FinishEffect::kStored);
  EXPECT_EQ(Finish(Result(theirs, "new")), FinishEffect::kStale) << "a repeated commit is harmless";
}

TEST_F(JobQueueTest, ANewerVersionKeepsTheJobAndItsOwnState) {
  Tell({Present("a", 1, 1)});
  const ClaimedJob first = ClaimAll().front();
  Tell({Present("a", 1, 2)});
  EXPECT_EQ(Finish(Result(first, "old")), FinishEffect::kRequeued);
  EXPECT_EQ(Number("SELECT count(*) FROM files WHERE state = 2 AND content_id IS NULL"), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM contents"), 0) << "nothing would ever collect it";
  const ClaimedJob second = ClaimAll().front();
  EXPECT_EQ(second.stamp.mtime_ns, 2);
  EXPECT_EQ(Finish(Result(second, "new")), FinishEffect::kStored);
}

TEST_F(JobQueueTest, AFileIsNotReadyWhileAThumbnailIsMissingAfterAll) {
  AddFiles(1);
  JobResult result = Result(ClaimAll().front(), "x");
  // As if the others had been there when it was read and were collected since.
  result.thumbnails.pop_back();
  EXPECT_EQ(Finish(result), FinishEffect::kRequeued);
  EXPECT_EQ(Number("SELECT count(*) FROM files WHERE state = 2"), 1);
  EXPECT_EQ(ClaimAll().size(), 1u);
}

TEST_F(JobQueueTest, ABatchGivesEachResultItsOwnEffect) {
  Tell({Present("a", 1), Present("b", 2), Present("c", 3), Present("d", 4), Present("e", 5)});
  std::vector<JobResult> results;
  for (const ClaimedJob& job : ClaimAll()) results.push_back(Result(job, job.path));
  Tell({Absent("b"), Present("c", 3, 2)});
  results[3].thumbnails.clear();
  results[3].verdict = Verdict{"DECODE_FAILED", "cut short"};
  results[4].thumbnails.pop_back();
  EXPECT_THAT(queue_.Finish(results).value(),
              testing::ElementsAre(FinishEffect::kStored, FinishEffect::kStale,
                                   FinishEffect::kRequeued, FinishEffect::kStored,
                                   FinishEffect::kRequeued));
  EXPECT_EQ(Number("SELECT count(*) FROM files WHERE state = 3"), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM jobs WHERE claim_token IS NULL"), 2);
}

TEST_F(JobQueueTest, FilesAreCountedWithEveryChangeAndNeverByScan) {
  const auto expect_counted = [&] {
    EXPECT_EQ(Number("SELECT count(*) FROM (SELECT library_id, state, sum(files) FROM file_counts "
                     "GROUP BY 1, 2 HAVING sum(files) <> 0 EXCEPT "
                     "SELECT library_id, state, count(*) FROM files GROUP BY 1, 2) AS differs"), 0);
  };
  AddFiles(10);
  expect_counted();
  RenderAll();
  expect_counted();
  Tell({Absent("f0"), Present("f1", 2, 7), Present("new", 99)});
  expect_counted();
  const CatalogStats stats = catalog_.ReadStats().value();
  EXPECT_EQ(stats.jobs, 2);
  EXPECT_EQ(stats.libraries[0].ready_files, 8);
  Execute("DELETE FROM libraries");
  expect_counted();
}

TEST_F(JobQueueTest, RemovingFilesWhileTheirResultsAreStoredNeverFails) {
  constexpr int kRounds = 15;
  constexpr int kFiles = 40;
  PgIngestStore ingest(database_.url(), "decoder-1");
  for (int round = 0; round < kRounds; ++round) {
    std::vector<ToldFile> present;
    std::vector<ToldFile> absent;
    for (int i = 0; i < kFiles; ++i) {
      present.push_back(Present(absl::StrCat("d/", i), static_cast<std::uint64_t>(i + 1), round));
      absent.insert(absent.begin(), Absent(absl::StrCat("d/", i)));
    }
    Tell(present);
    std::vector<JobResult> results;
    for (const ClaimedJob& job : ClaimAll()) results.push_back(Result(job, absl::StrCat(job.path, round)));
    const Cursor cursor = NextCursor();
    absl::Status removed;
    std::thread remover([&] { removed = ingest.ApplyStates(lease_, absent, cursor).status(); });
    const auto effects = queue_.Finish(results);
    remover.join();
    ASSERT_TRUE(effects.ok()) << effects.status();
    ASSERT_TRUE(removed.ok()) << removed;
  }
}

TEST_F(JobQueueTest, AFileRemovedWhileItIsRenderedStaysRemoved) {
  AddFiles(1);
  const ClaimedJob job = ClaimAll().front();
  Tell({Absent("f0")});
  EXPECT_EQ(Finish(Result(job, "x")), FinishEffect::kStale);
  EXPECT_EQ(Number("SELECT count(*) FROM files"), 0);
}

TEST_F(JobQueueTest, AVerdictOnBytesHoldsForEveryFileWithThem) {
  AddFiles(1);
  JobResult result = Result(ClaimAll().front(), "broken");
  result.thumbnails.clear();
  result.verdict = Verdict{"DECODE_FAILED", "cut short"};
  ASSERT_EQ(Finish(result), FinishEffect::kStored);
  EXPECT_EQ(Number("SELECT count(*) FROM files WHERE state = 3"), 1);
  const ContentStanding standing = queue_.LookUp(*result.content).value();
  ASSERT_TRUE(standing.verdict.has_value());
  EXPECT_EQ(standing.verdict->detail, "cut short");
  PgJobQueue newer(database_.url(), "r", "decoder-2", 1);
  EXPECT_FALSE(newer.LookUp(*result.content).value().verdict.has_value())
      << "another decoder may read it";
}

TEST_F(JobQueueTest, AVerdictWithoutBytesBelongsToTheFilesVersion) {
  AddFiles(1);
  JobResult result{.job = ClaimAll().front()};
  result.verdict = Verdict{"UNREADABLE", "permission denied"};
  ASSERT_EQ(Finish(result), FinishEffect::kStored);
  EXPECT_EQ(Number("SELECT count(*) FROM failures WHERE file_id IS NOT NULL"), 1);
  Tell({Present("f0", 1, 77)});
  EXPECT_EQ(Number("SELECT count(*) FROM failures"), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM jobs"), 1);
}

TEST_F(JobQueueTest, ARetryWaitsItsDelayAndCountsItsAttempt) {
  AddFiles(2);
  const std::vector<ClaimedJob> jobs = ClaimAll();
  ASSERT_TRUE(queue_.Release({JobRetry{.job = jobs[0], .delay = absl::Hours(1), .error = "EIO"},
                              JobRetry{.job = jobs[1], .charge = false}}).ok());
  const std::vector<ClaimedJob> again = ClaimAll();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].file_id, jobs[1].file_id);
  EXPECT_EQ(again[0].attempts, 0);
  EXPECT_EQ(Number("SELECT max(attempts) FROM jobs"), 1);
}

TEST_F(JobQueueTest, AnImageWithEveryByteValueComesBackUnchanged) {
  AddFiles(1);
  JobResult result = Result(ClaimAll().front(), "x");
  std::string& data = result.thumbnails[0].data;
  for (int i = 0; i < 256; ++i) data.push_back(static_cast<char>(i));
  ASSERT_EQ(Finish(result), FinishEffect::kStored);
  const auto answer = catalog_.FindThumbnail(library_, "f0", recipes_[0]);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(std::get<StoredThumbnail>(*answer).data, data);
}

}  // namespace
}  // namespace hestia::test
