// Two servers in one connection string, of which one at a time writes.
#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include "tests/support/own_postgres.h"
#include "thumbnail-service/store/pg_session.h"

namespace hestia::test {
namespace {

class FailoverTest : public testing::Test {
 protected:
  FailoverTest() {
    first_.Execute("CREATE TABLE writes (host text DEFAULT 'first')");
    second_.Execute("CREATE TABLE writes (host text DEFAULT 'second')");
  }

  std::string BothHosts() const {
    return absl::StrCat("host=", first_.socket_folder(), ",", second_.socket_folder(),
                        " port=5432,5432 user=hestia dbname=hestia"
                        " target_session_attrs=read-write");
  }
  // Which server a write went to.
  static absl::StatusOr<std::string> Write(PgSession& session) {
    return session.Transact([](pqxx::work& tx) -> absl::StatusOr<std::string> {
      return tx.exec1("INSERT INTO writes DEFAULT VALUES RETURNING host")[0].as<std::string>();
    });
  }
  static std::int64_t Writes(const OwnPostgres& server) {
    pqxx::connection connection(server.url());
    return pqxx::nontransaction(connection)
        .exec1("SELECT count(*) FROM writes")[0]
        .as<std::int64_t>();
  }

  OwnPostgres first_;
  OwnPostgres second_;
};

TEST_F(FailoverTest, ASessionFindsTheHostThatWritesAndFollowsWhenAnotherOneDoes) {
  first_.SetReadOnly(true);
  PgSession session(BothHosts(), {});
  EXPECT_EQ(Write(session).value(), "second") << "the first one is there, but only reads";

  first_.SetReadOnly(false);
  second_.SetReadOnly(true);
  const absl::Status demoted = Write(session).status();
  EXPECT_TRUE(absl::IsUnavailable(demoted)) << demoted;
  EXPECT_EQ(Write(session).value(), "first");

  second_.SetReadOnly(false);
  EXPECT_EQ(Write(session).value(), "first") << "a connection that writes is kept";
  first_.Stop();
  const absl::Status died = Write(session).status();
  EXPECT_TRUE(absl::IsUnavailable(died)) << died;
  EXPECT_EQ(Write(session).value(), "second");
  EXPECT_EQ(session.connections(), 3);
  first_.Start();
  EXPECT_EQ(Writes(first_), 2) << "nothing was written twice or elsewhere";
  EXPECT_EQ(Writes(second_), 2);
}

TEST_F(FailoverTest, WhileNoHostWritesASessionIsUnavailableAndThenGoesOn) {
  first_.SetReadOnly(true);
  second_.SetReadOnly(true);
  PgSession session(BothHosts(), {});
  const absl::Status refused = Write(session).status();
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_EQ(session.connections(), 0);
  second_.SetReadOnly(false);
  EXPECT_EQ(Write(session).value(), "second");
}

}  // namespace
}  // namespace hestia::test
