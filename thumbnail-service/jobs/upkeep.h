#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_UPKEEP_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_UPKEEP_H_

#include <memory>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/named_thread.h"
#include "thumbnail-service/jobs/recipe_upkeep.h"
#include "thumbnail-service/jobs/replica_registry.h"
#include "thumbnail-service/jobs/verdict_upkeep.h"

namespace hestia {

// The duties that may take long and that nobody waits for: the collection of what was removed
// long ago, and what a change of recipes, or of decoders and limits, leaves to do.
//
// Thread-safety: construct and Stop from the owner's thread. Starts one thread, "upkeep".
class Upkeep {
 public:
  struct Options {
    absl::Duration removal_grace = absl::Hours(24);
    absl::Duration collect_every = absl::Minutes(1);
  };

  // `recipes` is borrowed.
  Upkeep(Options options, std::unique_ptr<ReplicaRegistry> registry, RecipeUpkeep& recipes,
         std::unique_ptr<VerdictUpkeep> verdicts);
  ~Upkeep();

  // Joins. Idempotent.
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Run();
  void Collect();
  void FollowRecipes();
  void FollowDecoders();
  bool stopping() const ABSL_LOCKS_EXCLUDED(mu_);

  const Options options_;
  const std::unique_ptr<ReplicaRegistry> registry_;

  RecipeUpkeep& recipes_;
  const std::unique_ptr<VerdictUpkeep> verdicts_;

  mutable absl::Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  NamedThread thread_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_UPKEEP_H_
