// Behind a real pgbouncer.
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/time/clock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include "tests/support/test_database.h"
#include "tests/watcher-service/temp_folder.h"
#include "thumbnail-service/store/migrator.h"
#include "thumbnail-service/store/pg_job_queue.h"
#include "thumbnail-service/store/pg_pooling.h"
#include "thumbnail-service/store/pg_replica_registry.h"
#include "thumbnail-service/store/pg_rescue_store.h"

namespace hestia::test {
namespace {

// The value of one option in a connection string.
std::string Option(const std::string& url, const std::string& name) {
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
      PQconninfoParse(url.c_str(), nullptr), PQconninfoFree);
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (name == option->keyword && option->val != nullptr) return option->val;
  }
  return "";
}

class PgbouncerTest : public testing::Test {
 protected:
  ~PgbouncerTest() override {
    if (pid_ < 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  // Runs pgbouncer before the database and waits until it answers; returns the URL of it.
  std::string Start(const std::string& pool_mode) {
    const std::string database = Option(database_.url(), "dbname");
    // It refuses to run as root; then it runs as the database's own user does.
    chmod(folder_.path().c_str(), 0777);
    folder_.Write("pgbouncer.ini",
                  absl::StrCat("[databases]\n", database, " = host=",
                               Option(database_.url(), "host"),
                               " port=", Option(database_.url(), "port"),
                               " user=", Option(database_.url(), "user"),
                               "\n[pgbouncer]\nunix_socket_dir = ", folder_.path(),
                               "\nlisten_port = 6432\nauth_type = any\npool_mode = ", pool_mode,
                               "\nlogfile = /dev/null\n"));
    std::vector<std::string> words;
    if (geteuid() == 0) words = {"setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"};
    words.insert(words.end(), {"pgbouncer", "-q", folder_.path() + "/pgbouncer.ini"});
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    // Debian keeps it where only root's PATH leads.
    setenv("PATH", absl::StrCat(getenv("PATH"), ":/usr/sbin:/sbin").c_str(), 1);
    EXPECT_EQ(posix_spawnp(&pid_, argv[0], nullptr, nullptr, argv.data(), environ), 0);
    const std::string url = absl::StrCat("host=", folder_.path(), " port=6432 user=hestia dbname=",
                                         database);
    const absl::Time until = absl::Now() + absl::Seconds(30);
    while (PQping(url.c_str()) != PQPING_OK && absl::Now() < until) {
      if (waitpid(pid_, nullptr, WNOHANG) != 0) {
        ADD_FAILURE() << "pgbouncer ended; is it installed? deploy/packages.sh test";
        pid_ = -1;
        break;
      }
    }
    return url;
  }

  TestDatabase database_;
  TempFolder folder_;
  pid_t pid_ = -1;
};

TEST_F(PgbouncerTest, SessionModeKeepsAllThatASessionMustKeep) {
  const std::string url = Start("session");
  const absl::Status own = CheckOwnSessions(url);
  ASSERT_TRUE(own.ok()) << own;
  ASSERT_TRUE(Migrate(url, ParseRecipes("small=128").value()).ok());
  PgReplicaRegistry registry(url, "replica-a", "test:1");
  for (int beat = 0; beat < 3; ++beat) ASSERT_TRUE(registry.Beat(WorkFigures{}, 1, "").ok());
  PgRescueStore others(url, "replica-b");
  const std::vector<ReplicaSign> signs = others.Survey().value();
  ASSERT_EQ(signs.size(), 1u);
  EXPECT_TRUE(signs[0].has_session);
  PgJobQueue queue(url, "replica-a", "d", 2);
  const absl::StatusOr<std::vector<ClaimedJob>> claimed = queue.Claim({1}, 1);
  EXPECT_TRUE(claimed.ok()) << claimed.status();
}

TEST_F(PgbouncerTest, TransactionModeIsRefusedWithWhatWouldBreakAndWhatToSet) {
  const absl::Status own = CheckOwnSessions(Start("transaction"));
  EXPECT_TRUE(absl::IsFailedPrecondition(own)) << own;
  for (const char* const word : {"transaction", "pool_mode = session", "LISTEN", "advisory"}) {
    EXPECT_TRUE(absl::StrContains(own.message(), word)) << word << " in: " << own;
  }
}

}  // namespace
}  // namespace hestia::test
