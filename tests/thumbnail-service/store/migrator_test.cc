#include "thumbnail-service/store/migrator.h"

#include "thumbnail-service/store/pg_job_queue.h"
#include "thumbnail-service/store/pg_recipe_book.h"

#include <thread>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include "tests/support/test_database.h"

namespace hestia {
namespace {

const std::vector<Recipe> kSeed = ParseRecipes("small=128,large=512").value();

TEST(MigratorTest, SeveralReplicasMayStartAtOnceOnAnEmptyDatabase) {
  const test::TestDatabase database;
  std::vector<absl::Status> outcomes(6);
  std::vector<std::thread> replicas;
  for (absl::Status& outcome : outcomes) {
    replicas.emplace_back([&] {
      // As a starting service does while another one is at it.
      do {
        outcome = Migrate(database.url(), kSeed);
      } while (absl::IsAborted(outcome));
    });
  }
  for (std::thread& replica : replicas) replica.join();
  for (const absl::Status& outcome : outcomes) EXPECT_TRUE(outcome.ok()) << outcome;
  EXPECT_EQ(PgRecipeBook(database.url(), "d", 1).Current().value().size(), 2u);
}

TEST(MigratorTest, TheRecipesOfAnExistingDatabaseStay) {
  const test::TestDatabase database;
  ASSERT_TRUE(Migrate(database.url(), kSeed).ok());
  ASSERT_TRUE(Migrate(database.url(), ParseRecipes("other=99").value()).ok());
  const auto recipes = PgRecipeBook(database.url(), "d", 1).Current().value();
  ASSERT_EQ(recipes.size(), 2u);
  EXPECT_EQ(recipes[0].recipe.name, "large");
}

// As a release with the first `count` migrations leaves an empty database.
void MigrateAsFarAs(std::size_t count, pqxx::nontransaction& direct) {
  direct.exec("CREATE TABLE schema_migrations (number integer PRIMARY KEY, name text NOT NULL, "
              "applied_at timestamptz NOT NULL DEFAULT now())");
  for (const Migration& migration : Migrations().subspan(0, count)) {
    direct.exec(migration.sql);
    direct.exec(absl::StrCat("INSERT INTO schema_migrations VALUES (", migration.number, ", '",
                             migration.name, "')"));
  }
}

TEST(MigratorTest, VerdictsOfAnEarlierDecoderOnFilesItHadNotReadAreToldFromThoseOnFilesThemselves) {
  const test::TestDatabase database;
  pqxx::connection connection(database.url());
  pqxx::nontransaction direct(connection);
  MigrateAsFarAs(8, direct);
  direct.exec(
      "INSERT INTO libraries (name, state) VALUES ('photos', 'WATCHING');"
      "INSERT INTO files (library_id, path, path_hash, size_bytes, mtime_ns, inode, state, "
      "changed_sequence) SELECT 1, 'f' || n, sha256(convert_to('f' || n, 'UTF8')), n, 1, n, 3, 1 "
      "FROM generate_series(1, 2) n;"
      "INSERT INTO failures (file_id, file_version, code, detail, attempts) "
      "SELECT id, 1, CASE path WHEN 'f1' THEN 'TOO_LARGE' ELSE 'UNREADABLE' END, '', 1 FROM files");
  ASSERT_TRUE(Migrate(database.url(), kSeed).ok());
  EXPECT_EQ(direct.exec1("SELECT string_agg(code || '=' || decoder_version, ' ' ORDER BY code) "
                         "FROM failures")[0].as<std::string>(),
            "TOO_LARGE=hestia-4 UNREADABLE=");
}

TEST(MigratorTest, JobsThatAnEarlierReleaseQueuedAreClaimedAfterTheMigration) {
  const test::TestDatabase database;
  {
    pqxx::connection connection(database.url());
    pqxx::nontransaction direct(connection);
    MigrateAsFarAs(7, direct);
    direct.exec(
        "INSERT INTO libraries (name, state) VALUES ('photos', 'WATCHING');"
        "INSERT INTO files (library_id, path, path_hash, size_bytes, mtime_ns, inode, state, "
        "changed_sequence) SELECT 1, 'f' || n, sha256(convert_to('f' || n, 'UTF8')), n, 1, n, 2, 1 "
        "FROM generate_series(1, 3) n;"
        "INSERT INTO jobs (file_id, library_id, wanted_version, order_key, attempts, tries, "
        "last_error) SELECT id, 1, 1, 10 - id, 1, 2, 'busy' FROM files;"
        "UPDATE jobs SET crashes = 1, crashed_version = 1 WHERE file_id = 1;"
        "UPDATE jobs SET claim_token = 7, claimed_by = 'r', claimed_version = 1, claimed_at = now() "
        "WHERE file_id = 2");
  }
  ASSERT_TRUE(Migrate(database.url(), kSeed).ok());
  PgJobQueue queue(database.url(), "r", "d", 1);
  const std::vector<ClaimedJob> jobs = queue.Claim({1}, 10).value();
  ASSERT_EQ(jobs.size(), 1u) << "one is suspect, one is claimed";
  EXPECT_EQ(jobs[0].path, "f3");
  EXPECT_EQ(jobs[0].attempts, 1);
  EXPECT_EQ(jobs[0].tries, 2);
  const std::optional<ClaimedJob> suspect = queue.ClaimSuspect({1}).value();
  ASSERT_TRUE(suspect.has_value());
  EXPECT_EQ(suspect->path, "f1");
  ClaimedJob theirs;
  theirs.file_id = 2;
  theirs.token = 7;
  theirs.version = 1;
  EXPECT_EQ(queue.Finish({JobResult{.job = theirs, .verdict = Verdict{"BROKEN", "cut"}}}).value(),
            std::vector{FinishEffect::kStored});
}

// It would be ended by PostgreSQL if it locked the tables in another order than replicas do.
TEST(MigratorTest, AMigrationLetsAReplicaAtWorkFinishFirst) {
  const test::TestDatabase database;
  ASSERT_TRUE(Migrate(database.url(), kSeed).ok());
  pqxx::connection connection(database.url());
  pqxx::work finishing(connection);
  finishing.exec("SELECT FROM files FOR NO KEY UPDATE");
  const Migration& rebuild = Migrations()[7];
  std::thread migrator([&] {
    pqxx::connection other(database.url());
    pqxx::work migrating(other);
    EXPECT_NO_THROW(migrating.exec(rebuild.sql));
  });
  pqxx::connection watching(database.url());
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (pqxx::nontransaction(watching)
             .exec1("SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
                    "WHERE NOT granted AND datname = current_database()")[0].as<int>() == 0) {
    ASSERT_LT(absl::Now(), deadline);
  }
  finishing.exec("UPDATE jobs SET tries = 0");
  finishing.commit();
  migrator.join();
}

TEST(MigratorTest, ASchemaOfANewerReleaseIsRefusedAndLeftAlone) {
  const test::TestDatabase database;
  ASSERT_TRUE(Migrate(database.url(), kSeed).ok());
  {
    pqxx::connection connection(database.url());
    pqxx::nontransaction(connection).exec("INSERT INTO schema_migrations VALUES (9999, 'future')");
  }
  const absl::Status status = Migrate(database.url(), kSeed);
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
}

TEST(MigratorTest, ADatabaseThatIsNotThereIsUnavailable) {
  const absl::Status status = Migrate("host=/nonexistent dbname=x", kSeed);
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
}

}  // namespace
}  // namespace hestia
