#include "thumbnail-service/jobs/upkeep.h"

#include <utility>

#include <absl/strings/str_cat.h>

#include "common/logging.h"

namespace hestia {

Upkeep::Upkeep(Options options, std::unique_ptr<ReplicaRegistry> registry)
    : options_(options), registry_(std::move(registry)) {
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
  }
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
