#include "thumbnail-service/store/migrator.h"

#include "thumbnail-service/store/pg_recipe_book.h"

#include <thread>

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
    replicas.emplace_back([&] { outcome = Migrate(database.url(), kSeed); });
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
