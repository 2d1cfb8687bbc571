#include "thumbnail-service/jobs/upkeep.h"

#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "common/logging.h"
#include "thumbnail-service/jobs/order_key.h"

namespace hestia {

Upkeep::Upkeep(Options options, std::unique_ptr<ReplicaRegistry> registry, RecipeUpkeep& recipes,
               std::unique_ptr<VerdictUpkeep> verdicts)
    : options_(options),
      registry_(std::move(registry)),
      recipes_(recipes),
      verdicts_(std::move(verdicts)) {
  thread_ = NamedThread("upkeep", [this] { Run(); });
}

Upkeep::~Upkeep() { Stop(); }

void Upkeep::Stop() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  thread_.Join();
}

void Upkeep::Run() {
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      if (mu_.AwaitWithTimeout(absl::Condition(&stopping_), options_.collect_every)) return;
    }
    Collect();
    FollowRecipes();
    FollowDecoders();
  }
}

bool Upkeep::stopping() const {
  absl::MutexLock lock(&mu_);
  return stopping_;
}

void Upkeep::FollowRecipes() {
  std::int64_t queued = 0;
  std::int64_t retired = 0;
  absl::StatusOr<std::int64_t> batch = 1;
  while (batch.ok() && *batch > 0 && !stopping()) {
    batch = recipes_.QueueLacking(OrderKey(absl::Now(), JobClass::kRegenerate));
    if (batch.ok()) queued += *batch;
  }
  if (batch.ok()) batch = 1;
  while (batch.ok() && *batch > 0 && !stopping()) {
    batch = recipes_.CollectRetired();
    if (batch.ok()) retired += *batch;
  }
  if (!batch.ok()) {
    LogWarning(absl::StrCat("recipes not followed, trying again in ",
                            absl::FormatDuration(options_.collect_every), ": ",
                            batch.status().message()));
  }
  if (queued > 0 || retired > 0) {
    LogInfo(absl::StrCat("recipes followed queued=", queued, " past_thumbnails=", retired));
  }
}

void Upkeep::FollowDecoders() {
  std::int64_t lifted = 0;
  absl::StatusOr<std::int64_t> batch = 1;
  while (batch.ok() && *batch > 0 && !stopping()) {
    batch = verdicts_->ReleasePast(OrderKey(absl::Now(), JobClass::kRegenerate));
    if (batch.ok()) lifted += *batch;
  }
  if (!batch.ok()) {
    LogWarning(absl::StrCat("verdicts of past decoders not lifted, trying again in ",
                            absl::FormatDuration(options_.collect_every), ": ",
                            batch.status().message()));
  }
  if (lifted > 0) LogInfo(absl::StrCat("lifted verdicts of past decoders verdicts=", lifted));
}

void Upkeep::Collect() {
  const absl::StatusOr<int> collected = registry_->CollectRemoved(options_.removal_grace);
  if (!collected.ok()) {
    LogWarning(absl::StrCat("collection failed, trying again in ",
                            absl::FormatDuration(options_.collect_every), ": ",
                            collected.status().message()));
  } else if (*collected > 0) {
    LogInfo(absl::StrCat("collected contents without files contents=", *collected));
  }
}

}  // namespace hestia
