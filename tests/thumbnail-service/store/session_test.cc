// What libpqxx 6.4 and a network do to a session, each provoked.
#include "thumbnail-service/store/pg_session.h"

#include <thread>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/synchronization/notification.h>
#include <gtest/gtest.h>

#include "tests/support/pg_proxy.h"
#include "tests/support/test_database.h"
#include "thumbnail-service/store/pg_pooling.h"

namespace hestia::test {
namespace {

class SessionTest : public testing::Test {
 protected:
  static absl::StatusOr<std::int64_t> Number(PgSession& session, const std::string& sql) {
    return session.Transact([&](pqxx::work& tx) -> absl::StatusOr<std::int64_t> {
      return tx.exec1(sql)[0].as<std::int64_t>();
    });
  }
  static absl::Status Execute(PgSession& session, const std::string& sql) {
    return session.Transact([&](pqxx::work& tx) -> absl::Status {
      tx.exec(sql);
      return absl::OkStatus();
    });
  }
  // Ends the session's backend, and waits until it is gone.
  void Kill(PgSession& session) {
    const std::int64_t backend = Number(session, "SELECT pg_backend_pid()").value();
    ASSERT_TRUE(Execute(other_, absl::StrCat("SELECT pg_terminate_backend(", backend, ", 10000)")).ok());
  }

  TestDatabase database_;
  PgSession session_{database_.url(), {}};
  PgSession other_{database_.url(), {}};
};

TEST_F(SessionTest, ABrokenConnectionIsToldAndNotReactivatedSilently) {
  ASSERT_EQ(Number(session_, "SELECT pg_try_advisory_lock(1)::int").value(), 1);
  Kill(session_);
  const absl::Status told = Execute(session_, "SELECT 1");
  EXPECT_TRUE(absl::IsUnavailable(told)) << told;
  EXPECT_EQ(session_.connections(), 1) << "libpqxx would have connected again by itself";
  EXPECT_TRUE(Execute(session_, "SELECT 1").ok());
  EXPECT_EQ(session_.connections(), 2);
  EXPECT_EQ(Number(other_, "SELECT pg_try_advisory_lock(1)::int").value(), 1)
      << "who held a lock must learn that it is lost";
}

TEST_F(SessionTest, TimeLimitsAreSetOnEveryConnection) {
  Kill(session_);
  (void)Execute(session_, "SELECT 1");
  EXPECT_EQ(Number(session_, "SELECT setting::bigint FROM pg_settings "
                             "WHERE name = 'statement_timeout'").value(), 60'000);
  EXPECT_EQ(Number(session_, "SELECT setting::bigint FROM pg_settings "
                             "WHERE name = 'lock_timeout'").value(), 10'000);
  EXPECT_EQ(Number(session_, "SELECT setting::bigint FROM pg_settings "
                             "WHERE name = 'idle_in_transaction_session_timeout'").value(), 5'000);
}

TEST_F(SessionTest, ACommitWhoseFateIsUnknownIsUnavailable) {
  ASSERT_TRUE(Execute(other_, R"sql(
      CREATE TABLE t (a int);
      CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
      CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION die())sql").ok());
  // The trigger runs within COMMIT, so that is what the connection dies of.
  const absl::Status status = Execute(session_, "INSERT INTO t VALUES (1)");
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(Number(session_, "SELECT count(*) FROM t").value(), 0) << "and can be repeated";
}

TEST_F(SessionTest, ACommitThatTookPlaceUnansweredIsUnavailableJustTheSame) {
  ASSERT_TRUE(Execute(other_, "CREATE TABLE t (a int)").ok());
  PgProxy proxy(database_.url());
  PgSession session(proxy.url(), {});
  ASSERT_EQ(Number(session, "SELECT count(*) FROM t").value(), 0);
  proxy.SwallowCommitsAnswer();
  const absl::Status status = Execute(session, "INSERT INTO t VALUES (1)");
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(Number(session_, "SELECT count(*) FROM t").value(), 1)
      << "so whatever is repeated must be guarded";
  EXPECT_EQ(Number(session, "SELECT count(*) FROM t").value(), 1);
}

TEST_F(SessionTest, OfTwoTransactionsThatLockEachOtherOutBothAreDone) {
  ASSERT_TRUE(Execute(other_, "CREATE TABLE t (id int, n int); "
                              "INSERT INTO t VALUES (1, 0), (2, 0)").ok());
  absl::Notification i_have_mine;
  absl::Notification they_have_theirs;
  int runs = 0;
  const auto raise = [](PgSession& session, int first, int second, int* count,
                        absl::Notification& mine, absl::Notification& theirs) {
    bool waited = false;
    return session.Transact([&](pqxx::work& tx) -> absl::Status {
      ++*count;
      tx.exec(absl::StrCat("UPDATE t SET n = n + 1 WHERE id = ", first));
      if (!std::exchange(waited, true)) {
        mine.Notify();
        theirs.WaitForNotification();
      }
      tx.exec(absl::StrCat("UPDATE t SET n = n + 1 WHERE id = ", second));
      return absl::OkStatus();
    });
  };
  absl::Status theirs;
  int their_runs = 0;
  std::thread other([&] { 
    theirs = raise(other_, 2, 1, &their_runs, they_have_theirs, i_have_mine);
  });
  const absl::Status mine = raise(session_, 1, 2, &runs, i_have_mine, they_have_theirs);
  other.join();
  EXPECT_TRUE(mine.ok()) << mine;
  EXPECT_TRUE(theirs.ok()) << theirs;
  // More when the repeated one meets the other once more.
  EXPECT_GE(runs + their_runs, 3) << "deadlock_detected is no sql_error, and still repeated";
  EXPECT_EQ(Number(session_, "SELECT sum(n) FROM t").value(), 4);
}

TEST_F(SessionTest, ANulDoesNotCutATextShort) {
  const std::string text("photos\0hidden", 13);
  const auto length = [&](const std::string& parameter) {
    return session_
        .Transact([&](pqxx::work& tx) -> absl::StatusOr<int> {
          return tx.exec_params("SELECT length($1)", parameter)[0][0].as<int>();
        })
        .value();
  };
  EXPECT_EQ(length(text), 6) << "what libpq makes of it";
  EXPECT_EQ(length(PgText(text)), 13);
  const auto elements = session_.Transact([&](pqxx::work& tx) -> absl::StatusOr<int> {
    return tx.exec_params("SELECT length(($1::text[])[2])",
                          PgArray(std::vector<std::string>{text, text}))[0][0]
        .as<int>();
  });
  EXPECT_EQ(elements.value(), 13);
}

TEST_F(SessionTest, AServerThatNeverAnswersIsGivenUp) {
  PgProxy proxy(database_.url());
  PgSession session(proxy.url(), {}, PgLimits{.answer = absl::Milliseconds(300)});
  ASSERT_TRUE(Execute(session, "SELECT 1").ok());
  proxy.Freeze();
  const absl::Status status = Execute(session, "SELECT 1");
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  proxy.Thaw();
  EXPECT_TRUE(Execute(session, "SELECT 1").ok());
}

TEST_F(SessionTest, AHostThatIsNotThereIsPassedOverAndOneThatOnlyReadsIsRefused) {
  PgProxy proxy(database_.url());
  const auto port = [](const PgProxy& of) { return of.url().substr(of.url().rfind('=') + 1); };
  const std::string rest = proxy.url().substr(0, proxy.url().find("host="));
  const std::string url = absl::StrCat(rest, "host=127.0.0.1,127.0.0.1 port=1,", port(proxy),
                                       " sslmode=disable target_session_attrs=read-write");
  PgSession session(url, {});
  EXPECT_TRUE(Execute(session, "SELECT 1").ok()) << "the first one is not there";

  ASSERT_TRUE(Execute(other_, absl::StrCat("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET "
                                           "default_transaction_read_only = on', "
                                           "current_database()); END $$")).ok());
  PgSession refused(url, {});
  EXPECT_TRUE(absl::IsUnavailable(Execute(refused, "SELECT 1"))) << "none of them writes";
}

TEST_F(SessionTest, AReadOnlyDatabaseIsUnavailableNotBroken) {
  ASSERT_TRUE(Execute(session_, "CREATE TABLE t (a int)").ok());
  const absl::Status status = session_.Transact([](pqxx::work& tx) -> absl::Status {
    tx.exec("SET TRANSACTION READ ONLY");
    tx.exec("INSERT INTO t VALUES (1)");
    return absl::OkStatus();
  });
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
}

TEST_F(SessionTest, ConnectionsOfThisServerAreSessionsOfTheirOwn) {
  const absl::Status status = CheckOwnSessions(database_.url());
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace hestia::test
