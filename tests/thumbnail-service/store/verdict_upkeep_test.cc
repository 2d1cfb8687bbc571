#include "thumbnail-service/store/pg_verdict_upkeep.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include "tests/thumbnail-service/store/store_fixture.h"
#include "thumbnail-service/jobs/order_key.h"

namespace hestia::test {
namespace {

// The fixture's queue has "decoder-1", and so had a replica that now is gone.
class VerdictUpkeepTest : public StoreTest {
 protected:
  std::unique_ptr<PgReplicaRegistry> ReplicaWith(const std::string& decoder) {
    auto replica = std::make_unique<PgReplicaRegistry>(database_.url(), "of-" + decoder, "test:3",
                                                       PgLimits{}, decoder);
    EXPECT_TRUE(replica->Beat(WorkFigures{}, 1, "").ok());
    return replica;
  }
  std::int64_t Release() {
    return newer_.ReleasePast(OrderKey(absl::Now(), JobClass::kRegenerate)).value();
  }
  // Gives a new file that verdict on its bytes.
  void FailOnBytes(const std::string& path, std::uint64_t inode, const std::string& bytes) {
    Tell({Present(path, inode)});
    JobResult result = Result(ClaimAll().front(), bytes);
    result.thumbnails.clear();
    result.verdict = Verdict{"DECODE_FAILED", "a feature that is not supported"};
    ASSERT_EQ(queue_.Finish({result}).value().front(), FinishEffect::kStored);
  }
  // Gives a new file that verdict before its bytes were read.
  void FailUnread(const std::string& path, std::uint64_t inode, const std::string& code) {
    Tell({Present(path, inode)});
    JobResult result{.job = ClaimAll().front()};
    result.verdict = Verdict{code, "as it is"};
    ASSERT_EQ(queue_.Finish({result}).value().front(), FinishEffect::kStored);
  }
  std::string Failed() {
    std::string paths;
    const std::vector<FailureRow> failures = catalog_.ListFailures(library_, "", 100).value();
    for (const FailureRow& failure : failures) {
      paths += failure.path + " " + failure.verdict.code + ";";
    }
    return paths;
  }

  PgVerdictUpkeep newer_{database_.url(), "decoder-2"};
};

TEST_F(VerdictUpkeepTest, ANewDecoderTriesAgainWhatThePastOneCouldNotRead) {
  FailOnBytes("a", 1, "strange");
  EXPECT_EQ(Release(), 1);
  EXPECT_EQ(Failed(), "");
  EXPECT_EQ(Number("SELECT count(*) FROM files WHERE state = 2"), 1);
  Tell({Present("later", 2)});
  EXPECT_EQ(queue_.Claim({library_}, 1).value().front().path, "later") << "behind all other work";
  EXPECT_EQ(queue_.Finish({Result(ClaimAll().front(), "strange")}).value().front(),
            FinishEffect::kStored);
  EXPECT_EQ(Number("SELECT count(*) FROM files WHERE state = 1 AND path = 'a'"), 1);
  EXPECT_EQ(Release(), 0);
}

TEST_F(VerdictUpkeepTest, VerdictsStandWhileAReplicaHasTheDecoderThatReachedThem) {
  FailOnBytes("a", 1, "strange");
  const auto older = ReplicaWith("decoder-1");
  EXPECT_EQ(Release(), 0);
  EXPECT_EQ(Failed(), "a DECODE_FAILED;");
  ASSERT_TRUE(older->Leave().ok());
  EXPECT_EQ(Release(), 1);
}

TEST_F(VerdictUpkeepTest, NothingIsTriedAgainByTheDecoderThatCouldNotReadIt) {
  FailOnBytes("a", 1, "strange");
  FailUnread("b", 2, "TOO_LARGE");
  PgVerdictUpkeep same(database_.url(), "decoder-1");
  EXPECT_EQ(same.ReleasePast(1).value(), 0);
  EXPECT_EQ(Failed(), "a DECODE_FAILED;b TOO_LARGE;");
}

TEST_F(VerdictUpkeepTest, AVerdictOnBytesIsLiftedForEveryFileWithThem) {
  FailOnBytes("a", 1, "strange");
  FailOnBytes("b", 2, "strange");
  EXPECT_EQ(Release(), 2);
  EXPECT_EQ(Failed(), "");
  EXPECT_EQ(ClaimAll().size(), 2u);
}

TEST_F(VerdictUpkeepTest, FilesThatShareAVerdictAreQueuedInBatchesToo) {
  FailOnBytes("a", 1, "strange");
  Execute(
      "INSERT INTO files (library_id, path, path_hash, size_bytes, mtime_ns, inode, state, "
      "changed_sequence, content_id) SELECT library_id, 'f' || n, "
      "sha256(convert_to('f' || n, 'UTF8')), 1, 1, n, 3, 0, content_id "
      "FROM files, generate_series(10, 5010) AS n");
  EXPECT_EQ(Release(), 5000);
  EXPECT_EQ(Number("SELECT count(*) FROM jobs"), 5000);
  EXPECT_EQ(Number("SELECT count(*) FROM failures"), 1) << "of those that are left";
  EXPECT_EQ(Release(), 2);
  EXPECT_EQ(Number("SELECT count(*) FROM jobs"), 5002);
  EXPECT_EQ(Number("SELECT count(*) FROM failures"), 0);
  EXPECT_EQ(Release(), 0);
}

TEST_F(VerdictUpkeepTest, OfVerdictsBeforeTheBytesWereReadThoseOfTheDecoderAreLifted) {
  FailUnread("a", 1, "TOO_LARGE");
  FailUnread("b", 2, "UNSUPPORTED_FORMAT");
  FailUnread("c", 3, "UNREADABLE");
  FailUnread("d", 4, "REPLICA_DIED");
  EXPECT_EQ(Release(), 2);
  EXPECT_EQ(Failed(), "c UNREADABLE;d REPLICA_DIED;");
}

TEST_F(VerdictUpkeepTest, AFileWithBothKindsOfVerdictIsLeftWithNone) {
  FailOnBytes("a", 1, "strange");
  Execute(
      "INSERT INTO failures (file_id, file_version, code, detail, attempts) "
      "SELECT id, version, 'UNREADABLE', '', 1 FROM files");
  EXPECT_EQ(Release(), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM failures"), 0);
  EXPECT_EQ(ClaimAll().size(), 1u);
}

TEST_F(VerdictUpkeepTest, VerdictsAreLiftedInBatches) {
  FailUnread("a", 1, "TOO_LARGE");
  Execute(
      "INSERT INTO files (library_id, path, path_hash, size_bytes, mtime_ns, inode, state, "
      "changed_sequence) SELECT library_id, 'f' || n, sha256(convert_to('f' || n, 'UTF8')), 1, "
      "1, n, 3, 0 FROM files, generate_series(10, 5010) AS n;"
      "INSERT INTO failures (file_id, file_version, decoder_version, code, detail, attempts) "
      "SELECT id, version, 'decoder-1', 'TOO_LARGE', '', 1 FROM files WHERE path <> 'a'");
  EXPECT_EQ(Release(), 5000);
  EXPECT_EQ(Number("SELECT count(*) FROM jobs"), 5000);
  EXPECT_EQ(Release(), 2);
  EXPECT_EQ(Release(), 0);
}

TEST_F(VerdictUpkeepTest, ExplainFileSaysWhatAVerdictHangsOn) {
  FailUnread("a", 1, "TOO_LARGE");
  FailUnread("b", 2, "UNREADABLE");
  const auto until = [&](const std::string& path) {
    const PgExplainer::Facts facts = explainer_.Explain(library_, path).value().value();
    for (const auto& [name, value] : facts) {
      if (name == "verdict_holds_until") return value;
    }
    return std::string("(no such fact)");
  };
  EXPECT_THAT(until("a"), testing::HasSubstr("another decoder or other limits than decoder-1"));
  EXPECT_THAT(until("b"), testing::Not(testing::HasSubstr("decoder")));
}

}  // namespace
}  // namespace hestia::test
