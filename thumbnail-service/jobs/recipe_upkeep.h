#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_RECIPE_UPKEEP_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_RECIPE_UPKEEP_H_

#include <cstdint>

#include <absl/status/statusor.h>

namespace hestia {

// What a change of recipes leaves to be done in the background, in batches. Implemented by
// store/.
//
// Blocking: each call is one transaction. Errors: kUnavailable, kAborted  try again later.
class RecipeUpkeep {
 public:
  virtual ~RecipeUpkeep() = default;

  // After a change: queues up to some thousand files that lack a thumbnail of a current recipe.
  // Returns how many; 0 when every file is queued (which is remembered: a replica that dies
  // midway leaves the rest to the next call).
  virtual absl::StatusOr<std::int64_t> QueueLacking(std::int64_t order_key) = 0;
  // Deletes up to some thousand thumbnails of past recipes whose image has all current ones;
  // until then they are served. Returns how many.
  virtual absl::StatusOr<std::int64_t> CollectRetired() = 0;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_RECIPE_UPKEEP_H_
