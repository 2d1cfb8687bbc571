#include "thumbnail-service/store/pg_recipe_book.h"

#include <algorithm>
#include <utility>

#include "thumbnail-service/store/pg_collect_sql.h"

namespace hestia {
namespace {

constexpr int kBatch = 5000;

constexpr PgStatement kCurrent = {"current_recipes",
                                  "SELECT id, definition FROM recipes WHERE is_current"};

constexpr PgStatement kCosts = {"recipe_costs", R"sql(
  WITH wanted AS (
    SELECT w.specification, w.pixels, r.id FROM unnest($1::text[], $2::bigint[])
      AS w(specification, pixels) LEFT JOIN recipes r USING (specification)
  ), images AS MATERIALIZED (
    SELECT DISTINCT f.content_id AS id FROM files f
    WHERE f.content_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM failures x WHERE x.content_id = f.content_id
                                               AND x.decoder_version = $3)
  ), needs AS (
    SELECT i.id, w.pixels,
           EXISTS (SELECT FROM thumbnails n WHERE n.content_id = i.id AND n.recipe_id = w.id) AS made
    FROM images i CROSS JOIN wanted w
  ), weight AS (
    SELECT coalesce(avg(octet_length(data)::float8 / greatest(width_px * height_px, 1)), 0.25)
           AS bytes_per_pixel
    FROM (SELECT data, width_px, height_px FROM thumbnails LIMIT 1000) sample
  )
  SELECT count(DISTINCT id) FILTER (WHERE NOT made), count(*) FILTER (WHERE NOT made),
         count(*) FILTER (WHERE made),
         coalesce(sum(pixels) FILTER (WHERE NOT made), 0) * (SELECT bytes_per_pixel FROM weight)
  FROM needs)sql"};

constexpr PgStatement kFreed = {"recipe_bytes_freed", R"sql(
  SELECT coalesce(sum(octet_length(n.data)), 0) FROM thumbnails n JOIN recipes r ON r.id = n.recipe_id
  WHERE r.specification <> ALL($1::text[]))sql"};

constexpr PgStatement kPace = {"pace", R"sql(
  SELECT coalesce(sum(processing_us), 0), coalesce(sum(completed_jobs + failed_jobs), 0),
         coalesce(sum(workers), 0) FROM replicas)sql"};

constexpr PgStatement kRetireAll = {"retire_all",
                                    "UPDATE recipes SET is_current = false WHERE is_current"};
constexpr PgStatement kPutRecipe = {"put_recipe", R"sql(
  INSERT INTO recipes (specification, name, definition, is_current) VALUES ($1, $2, $3, true)
  ON CONFLICT (specification) DO UPDATE
    SET name = excluded.name, definition = excluded.definition, is_current = true)sql"};
constexpr PgStatement kSetChanged = {"set_changed", "UPDATE service_state SET recipes_changed = $1"};
constexpr PgStatement kIsChanged = {"is_changed",
                                    "SELECT recipes_changed FROM service_state FOR UPDATE"};

constexpr PgStatement kQueueLacking = {"queue_lacking", R"sql(
  WITH lacking AS MATERIALIZED (
    SELECT f.id FROM files f
    WHERE f.state = 1 AND EXISTS (
      SELECT FROM recipes r WHERE r.is_current AND NOT EXISTS (
        SELECT FROM thumbnails n WHERE n.content_id = f.content_id AND n.recipe_id = r.id))
    ORDER BY f.id LIMIT $2 FOR NO KEY UPDATE OF f
  ), put AS (
    UPDATE files f SET state = 2 FROM lacking l WHERE f.id = l.id
    RETURNING f.id, f.library_id, f.version
  ), queued AS (
    INSERT INTO jobs (file_id, library_id, wanted_version, order_key)
    SELECT id, library_id, version, $1 FROM put
    ON CONFLICT (file_id) DO NOTHING
  )
  SELECT count(*) FROM put)sql"};

// Bytes that others share go on to the first of these.
constexpr PgStatement kCollectRetired = {"collect_retired", R"sql(
  WITH retired AS (
    SELECT n.content_id, n.recipe_id FROM recipes old
    JOIN thumbnails n ON n.recipe_id = old.id
    WHERE NOT old.is_current AND NOT EXISTS (
      SELECT FROM recipes r WHERE r.is_current AND NOT EXISTS (
        SELECT FROM thumbnails m WHERE m.content_id = n.content_id AND m.recipe_id = r.id))
    LIMIT $1
  ), sharers AS (
    SELECT n.content_id, n.recipe_id, n.shares_recipe_id AS holder,
           first_value(n.recipe_id) OVER (PARTITION BY n.content_id, n.shares_recipe_id
                                          ORDER BY r.is_current DESC, r.id) AS heir
    FROM retired o JOIN thumbnails n ON n.content_id = o.content_id
                                    AND n.shares_recipe_id = o.recipe_id
    JOIN recipes r ON r.id = n.recipe_id
    WHERE NOT EXISTS (SELECT FROM retired g WHERE g.content_id = n.content_id
                                              AND g.recipe_id = n.recipe_id)
  ), inherited AS (
    UPDATE thumbnails n
    SET data = CASE WHEN s.recipe_id = s.heir THEN old.data END,
        shares_recipe_id = CASE WHEN s.recipe_id <> s.heir THEN s.heir END
    FROM sharers s JOIN thumbnails old ON old.content_id = s.content_id
                                      AND old.recipe_id = s.holder
    WHERE n.content_id = s.content_id AND n.recipe_id = s.recipe_id
  ), gone AS (
    DELETE FROM thumbnails n USING retired o
    WHERE n.content_id = o.content_id AND n.recipe_id = o.recipe_id RETURNING 1
  )
  SELECT count(*) FROM gone)sql"};

constexpr PgStatement kNotifyJobs = {"notify_jobs", "SELECT pg_notify('hestia_jobs', '')"};

constexpr PgStatement kStatements[] = {kCurrent,    kCosts,     kFreed,        kPace,
                                       kRetireAll,  kPutRecipe, kSetChanged,   kIsChanged,
                                       kQueueLacking, kLockCollection, kCollectRetired, kNotifyJobs};

std::vector<std::string> Specifications(const std::vector<Recipe>& recipes) {
  std::vector<std::string> texts;
  for (const Recipe& recipe : recipes) texts.push_back(recipe.Specification());
  return texts;
}

}  // namespace

PgRecipeBook::PgRecipeBook(const std::string& url, std::string decoder_version, int connections)
    : pool_(url, kStatements, connections), decoder_version_(std::move(decoder_version)) {}

absl::StatusOr<std::vector<StoredRecipe>> PgRecipeBook::Current() {
  return pool_.Transact([](pqxx::work& tx) -> absl::StatusOr<std::vector<StoredRecipe>> {
    std::vector<StoredRecipe> recipes;
    for (const pqxx::row row : tx.exec_prepared(kCurrent.name)) {
      absl::StatusOr<std::vector<Recipe>> parsed = ParseRecipes(row[1].as<std::string>());
      if (!parsed.ok()) return parsed.status();
      recipes.push_back(StoredRecipe{row[0].as<std::int64_t>(), parsed->front()});
    }
    std::sort(recipes.begin(), recipes.end(), [](const StoredRecipe& a, const StoredRecipe& b) {
      return a.recipe.box_px != b.recipe.box_px ? a.recipe.box_px > b.recipe.box_px : a.id < b.id;
    });
    return recipes;
  });
}

absl::StatusOr<RecipeChangePlan> PgRecipeBook::Plan(const std::vector<Recipe>& recipes) {
  return pool_.Transact([&](pqxx::work& tx) -> absl::StatusOr<RecipeChangePlan> {
    const std::vector<std::string> specifications = Specifications(recipes);
    std::vector<std::int64_t> pixels;
    // Most images are three to two or so.
    for (const Recipe& recipe : recipes) {
      const std::int64_t square = std::int64_t{recipe.box_px} * recipe.box_px;
      pixels.push_back(recipe.fit == Fit::kInside ? square * 2 / 3 : square);
    }
    const pqxx::row costs = tx.exec_prepared1(kCosts.name, PgArray(specifications),
                                              PgArray(pixels), decoder_version_);
    RecipeChangePlan plan;
    plan.contents_to_render = costs[0].as<std::int64_t>();
    plan.thumbnails_to_make = costs[1].as<std::int64_t>();
    plan.thumbnails_kept = costs[2].as<std::int64_t>();
    plan.bytes_to_store = static_cast<std::int64_t>(costs[3].as<double>());
    plan.bytes_to_free =
        tx.exec_prepared1(kFreed.name, PgArray(specifications))[0].as<std::int64_t>();
    const pqxx::row pace = tx.exec_prepared1(kPace.name);
    const std::int64_t finished = pace[1].as<std::int64_t>();
    const std::int64_t workers = pace[2].as<std::int64_t>();
    if (finished > 0 && workers > 0) {
      plan.duration = absl::Microseconds(pace[0].as<std::int64_t>()) / finished *
                      plan.contents_to_render / workers;
    }
    return plan;
  });
}

absl::Status PgRecipeBook::Apply(const std::vector<Recipe>& recipes) {
  return pool_.Transact([&](pqxx::work& tx) -> absl::Status {
    // Locks out another change of recipes.
    tx.exec_prepared(kSetChanged.name, true);
    tx.exec_prepared(kRetireAll.name);
    for (const Recipe& recipe : recipes) {
      tx.exec_prepared(kPutRecipe.name, recipe.Specification(), recipe.name, recipe.Definition());
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<std::int64_t> PgRecipeBook::QueueLacking(std::int64_t order_key) {
  return pool_.Transact([&](pqxx::work& tx) -> absl::StatusOr<std::int64_t> {
    if (!tx.exec_prepared1(kIsChanged.name)[0].as<bool>()) return 0;
    const std::int64_t queued =
        tx.exec_prepared1(kQueueLacking.name, order_key, kBatch)[0].as<std::int64_t>();
    if (queued == 0) tx.exec_prepared(kSetChanged.name, false);
    if (queued > 0) tx.exec_prepared(kNotifyJobs.name);
    return queued;
  });
}

absl::StatusOr<std::int64_t> PgRecipeBook::CollectRetired() {
  return pool_.Transact([](pqxx::work& tx) -> absl::StatusOr<std::int64_t> {
    tx.exec_prepared(kLockCollection.name);
    return tx.exec_prepared1(kCollectRetired.name, kBatch)[0].as<std::int64_t>();
  });
}

}  // namespace hestia
