#include "thumbnail-service/store/migrator.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>
#include <pqxx/pqxx>

#include "common/logging.h"
#include "thumbnail-service/store/pg_session.h"

namespace hestia {
namespace {

// Any constant will do as long as every release uses the same: "hestia" in ASCII.
constexpr char kLockSql[] = "SELECT pg_try_advisory_xact_lock(114784820062561)";
constexpr char kTableSql[] = R"sql(
  CREATE TABLE IF NOT EXISTS schema_migrations (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()))sql";

// A migration may rewrite a table of millions of rows. While it waits for a table, everybody else
// who wants that one waits behind it.
constexpr PgLimits kLimits{.statement = absl::Hours(1), .lock = absl::Seconds(5),
                           .answer = absl::Hours(1)};

absl::Status ApplyMissing(pqxx::work& tx) {
  const int present =
      tx.exec1("SELECT coalesce(max(number), 0) FROM schema_migrations")[0].as<int>();
  const int known = Migrations().back().number;
  if (present > known) {
    return absl::FailedPreconditionError(
        absl::StrCat("the database's schema is at ", present, ", this release knows up to ", known,
                     "; run the newer release, or restore a backup of before its first start"));
  }
  for (const Migration& migration : Migrations()) {
    if (migration.number <= present) continue;
    tx.exec(migration.sql);
    tx.exec_params("INSERT INTO schema_migrations (number, name) VALUES ($1, $2)",
                   migration.number, migration.name);
    LogInfo(absl::StrCat("migration applied number=", migration.number, " name=", migration.name));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StoredRecipe>> ReadRecipes(pqxx::work& tx) {
  std::vector<StoredRecipe> recipes;
  for (const pqxx::row row : tx.exec("SELECT id, definition FROM recipes WHERE is_current")) {
    absl::StatusOr<std::vector<Recipe>> parsed = ParseRecipes(row[1].as<std::string>());
    if (!parsed.ok()) return parsed.status();
    recipes.push_back(StoredRecipe{.id = row[0].as<std::int64_t>(), .recipe = parsed->front()});
  }
  std::sort(recipes.begin(), recipes.end(), [](const StoredRecipe& a, const StoredRecipe& b) {
    return a.recipe.box_px != b.recipe.box_px ? a.recipe.box_px > b.recipe.box_px : a.id < b.id;
  });
  return recipes;
}

absl::Status SeedRecipes(pqxx::work& tx, const std::vector<Recipe>& seed) {
  const absl::StatusOr<std::vector<StoredRecipe>> present = ReadRecipes(tx);
  if (!present.ok()) return present.status();
  if (present->empty()) {
    for (const Recipe& recipe : seed) {
      tx.exec_params(
          "INSERT INTO recipes (specification, name, definition, is_current) "
          "VALUES ($1, $2, $3, true)",
          recipe.Specification(), recipe.name, recipe.Definition());
    }
    return absl::OkStatus();
  }
  const bool same = std::equal(
      present->begin(), present->end(), seed.begin(), seed.end(),
      [](const StoredRecipe& stored, const Recipe& wanted) { return stored.recipe == wanted; });
  if (!same) {
    LogWarning("recipes of the setting differ from the database's, which stay in force; "
               "ApplyRecipes changes them");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Migrate(const std::string& url, const std::vector<Recipe>& seed) {
  PgSession session(url, {}, kLimits);
  return session.Transact([&](pqxx::work& tx) -> absl::Status {
    // The caller does the waiting: it also hears that it is to stop.
    if (!tx.exec1(kLockSql)[0].as<bool>()) {
      return absl::AbortedError("another replica is bringing the schema up to date");
    }
    tx.exec(kTableSql);
    if (absl::Status status = ApplyMissing(tx); !status.ok()) return status;
    return SeedRecipes(tx, seed);
  });
}

}  // namespace hestia
