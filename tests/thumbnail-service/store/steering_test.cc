#include "thumbnail-service/store/pg_steering.h"

#include <string>
#include <vector>

#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include "common/error_reason.h"
#include "tests/thumbnail-service/store/store_fixture.h"

namespace hestia::test {
namespace {

using testing::IsEmpty;

class SteeringTest : public StoreTest {
 protected:
  static std::int64_t Now() { return OrderKey(absl::Now(), JobClass::kLive); }
  void Fail(const std::string& path, std::uint64_t inode, const std::string& code,
            const std::string& bytes = "") {
    Tell({Present(path, inode)});
    JobResult failed = bytes.empty() ? JobResult{.job = ClaimAll().front()}
                                     : Result(ClaimAll().front(), bytes);
    failed.thumbnails.clear();
    failed.verdict = Verdict{code, "why"};
    ASSERT_TRUE(queue_.Finish({failed}).ok());
  }
};

TEST_F(SteeringTest, NoJobOfAPausedLibraryIsClaimed) {
  Tell({Present("a", 1)});
  ASSERT_TRUE(steering_.SetPaused(library_, true).ok());
  EXPECT_THAT(ClaimAll(), IsEmpty());
  EXPECT_TRUE(catalog_.ReadStats().value().libraries[0].paused);
  const SyncStanding standing =
      catalog_.Standing(library_, Cursor{0xFEDCBA9876543210u, sequence_}).value();
  EXPECT_TRUE(standing.paused);
  EXPECT_TRUE(standing.work_left);
  ASSERT_TRUE(steering_.SetPaused(library_, false).ok());
  EXPECT_EQ(ClaimAll().size(), 1U);
}

TEST_F(SteeringTest, PausingAllAndPausingOneAreIndependent) {
  Tell({Present("a", 1)});
  ASSERT_TRUE(steering_.SetPaused(std::nullopt, true).ok());
  ASSERT_TRUE(steering_.SetPaused(library_, true).ok());
  EXPECT_TRUE(catalog_.ReadStats().value().paused);
  ASSERT_TRUE(steering_.SetPaused(std::nullopt, false).ok());
  EXPECT_THAT(ClaimAll(), IsEmpty());
  ASSERT_TRUE(steering_.SetPaused(library_, false).ok());
  EXPECT_EQ(ClaimAll().size(), 1U);
}

TEST_F(SteeringTest, RetryingLiftsTheVerdictsAskedForAndNoOthers) {
  Fail("denied", 1, "UNREADABLE");
  Fail("text", 2, "UNSUPPORTED_FORMAT");
  Fail("broken", 3, "DECODE_FAILED", "broken-bytes");
  EXPECT_EQ(steering_.RetryFailures(library_, {{"DECODE_FAILED"}, ""}, Now()).value(), 1);
  EXPECT_EQ(steering_.RetryFailures(library_, {{}, "text"}, Now()).value(), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM failures"), 1);
  EXPECT_EQ(steering_.RetryFailures(library_, {}, Now()).value(), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM failures"), 0);
  EXPECT_EQ(ClaimAll().size(), 3U);
}

TEST_F(SteeringTest, AllFilesWithTheBytesOfAVerdictAreTriedAgain) {
  Fail("one", 1, "DECODE_FAILED", "bytes");
  Fail("two", 2, "DECODE_FAILED", "bytes");
  EXPECT_EQ(steering_.RetryFailures(library_, {{}, "one"}, Now()).value(), 2);
  EXPECT_EQ(Number("SELECT count(*) FROM files WHERE state = 3"), 0);
}

TEST_F(SteeringTest, AWatchedLibraryIsNotPurged) {
  const auto purged = steering_.PurgeLibrary(library_, false);
  EXPECT_EQ(purged.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(purged.status()), "LIBRARY_WATCHED");
}

TEST_F(SteeringTest, PurgingDeletesWhatNoOtherLibraryNeedsAsTheDryRunSaid) {
  Tell({Present("mine", 1), Present("shared", 2)});
  for (const ClaimedJob& job : ClaimAll()) {
    ASSERT_TRUE(queue_.Finish({Result(job, job.path)}).ok());
  }
  const std::int64_t other =
      registry_.RegisterLibraries({{.name = "other", .root = "/o", .state = "WATCHING"}})
          .value()
          .front()
          .id;
  Execute("INSERT INTO files (library_id, path, path_hash, size_bytes, mtime_ns, inode, state, "
          "changed_sequence, content_id) SELECT " + std::to_string(other) +
          ", path, path_hash, size_bytes, mtime_ns, inode, 1, 0, content_id FROM files "
          "WHERE path = 'shared'");
  // Registered without it, "photos" is detached.
  const Purged told = steering_.PurgeLibrary(library_, true).value();
  EXPECT_EQ(told.files, 2);
  EXPECT_EQ(told.thumbnails, 3);
  EXPECT_EQ(Number("SELECT count(*) FROM files"), 3);

  const Purged done = steering_.PurgeLibrary(library_, false).value();
  EXPECT_EQ(done.files, told.files);
  EXPECT_EQ(done.thumbnails, told.thumbnails);
  EXPECT_EQ(Number("SELECT count(*) FROM files"), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM contents"), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnails"), 3);
  EXPECT_EQ(Number("SELECT count(*) FROM libraries WHERE name = 'photos'"), 0);
}

}  // namespace
}  // namespace hestia::test
