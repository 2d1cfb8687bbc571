#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_RECIPE_BOOK_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_RECIPE_BOOK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "thumbnail-service/jobs/job.h"
#include "thumbnail-service/jobs/recipe.h"
#include "thumbnail-service/jobs/recipe_upkeep.h"
#include "thumbnail-service/store/pg_pool.h"

namespace hestia {

// What a change of recipes would cost.
struct RecipeChangePlan {
  std::int64_t contents_to_render = 0;  // distinct images that must be decoded once more
  std::int64_t thumbnails_to_make = 0;
  std::int64_t thumbnails_kept = 0;     // made already
  std::int64_t bytes_to_store = 0;      // estimated from the thumbnails there are
  std::int64_t bytes_to_free = 0;
  // Estimated from what the live replicas did since they started; none while they did nothing.
  std::optional<absl::Duration> duration;
};

// The recipes as the database rules them; every replica reads them from here, so a change
// holds for all at once.
//
// Thread-safety: every method from any thread. Blocking: waits for the database.
// Errors: kUnavailable, else as named.
class PgRecipeBook final : public RecipeUpkeep {
 public:
  PgRecipeBook(const std::string& url, std::string decoder_version, int connections);

  // The current ones, largest box first; at least one.
  absl::StatusOr<std::vector<StoredRecipe>> Current();
  absl::StatusOr<RecipeChangePlan> Plan(const std::vector<Recipe>& recipes);
  // From now on these are the recipes. Thumbnails of a recipe with the same specification stay,
  // whatever it was called. Queues nothing; see QueueLacking.
  absl::Status Apply(const std::vector<Recipe>& recipes);

  absl::StatusOr<std::int64_t> QueueLacking(std::int64_t order_key) override;
  absl::StatusOr<std::int64_t> CollectRetired() override;

 private:
  PgPool pool_;
  const std::string decoder_version_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_RECIPE_BOOK_H_
