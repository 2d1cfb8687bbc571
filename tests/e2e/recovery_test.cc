// Several replicas, and trouble among them.
#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "tests/e2e/stack.h"

namespace hestia::test {
namespace {

using thumbnail::v1::File;

class RecoveryTest : public StackTest {
 protected:
  void ExpectAllReady(std::size_t count) {
    const auto files = Files();
    EXPECT_EQ(files.size(), count);
    for (const auto& [path, state] : files) EXPECT_EQ(state, File::READY) << path;
  }
};

TEST_F(RecoveryTest, ReplicasShareTheWorkAndRenderEachImageOnce) {
  StartWatcher();
  for (int i = 0; i < 3; ++i) StartReplica({"--workers=1"});
  AwaitStats([](const auto& stats) { return stats.replicas_size() == 3; });
  for (int i = 0; i < 60; ++i) Put(absl::StrCat(i, ".jpg"), Photo(i, 2000, 1500));
  Sync();
  ExpectAllReady(60);
  // The other replicas' numbers come with their next heartbeat.
  AwaitStats([](const auto& stats) { return stats.completed_jobs() == 60; });
  const auto stats = Stats();
  EXPECT_EQ(stats.rendered_images(), 60u);
  for (const auto& replica : stats.replicas()) EXPECT_GT(replica.completed_jobs(), 0u);
  for (const auto& replica : replicas_) EXPECT_EQ(replica->Stop(), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM replicas"), 0);
}

TEST_F(RecoveryTest, TheJobsOfAKilledReplicaAreDoneByAnother) {
  StartWatcher();
  StartReplica({"--workers=1"});
  // Large enough that the first replica is surely in the middle of one when it is killed.
  for (int i = 0; i < 12; ++i) Put(absl::StrCat(i, ".jpg"), Photo(i, 4000, 3000));
  AwaitStats([](const auto& stats) { return stats.completed_jobs() >= 1; });
  replicas_[0]->Kill();
  StartReplica({"--workers=1"});
  Sync();
  ExpectAllReady(12);
  EXPECT_EQ(Number("SELECT count(*) FROM jobs"), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnails"), 12 * 3);
}

TEST_F(RecoveryTest, AnotherReplicaTakesIngestOverFromOneThatWasKilled) {
  StartWatcher();
  StartReplica();
  Put("a.jpg", Photo(1));
  Sync();
  StartReplica();
  replicas_[0]->Kill();
  Put("b.jpg", Photo(2));
  Sync();
  ExpectAllReady(2);
}

TEST_F(RecoveryTest, AStormOfKilledDatabaseConnectionsLosesNothing) {
  Start();
  constexpr int kStorms = 5;
  for (int storm = 0; storm < kStorms; ++storm) {
    for (int i = 0; i < 10; ++i) {
      const int seed = storm * 10 + i;
      Put(absl::StrCat("s", storm, "/", i, ".jpg"), Photo(seed, 1000, 800));
    }
    Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()");
  }
  // A Sync that meets a dead connection says UNAVAILABLE, as it should; it is asked again.
  AwaitStats([](const auto& stats) {
    return stats.ready_files() == 10 * kStorms && stats.pending_jobs() == 0;
  });
  Sync();
  ExpectAllReady(10 * kStorms);
}

}  // namespace
}  // namespace hestia::test
