#include "thumbnail-service/jobs/upkeep.h"

#include <utility>

#include <absl/strings/str_cat.h>

#include "common/logging.h"
#include "common/monotonic_clock.h"

namespace hestia {

Upkeep::Upkeep(Options options, std::unique_ptr<ReplicaRegistry> registry,
               const WorkCounters& counters, Problem problem, OnBeat on_beat)
    : options_(options),
      registry_(std::move(registry)),
      counters_(counters),
      problem_(std::move(problem)),
      on_beat_(std::move(on_beat)),
      next_collection_(MonotonicNow() + options.collect_every) {
  thread_ = NamedThread("upkeep", [this] { Run(); });
}

Upkeep::~Upkeep() { Stop(); }

void Upkeep::Stop() {
  {
    absl::MutexLock lock(&mu_);
    if (stopping_) return;
    stopping_ = true;
  }
  thread_.Join();
  if (const absl::Status status = registry_->Leave(); !status.ok()) {
    LogWarning(absl::StrCat("could not sign off, others will rescue in ",
                            absl::FormatDuration(options_.rescue_after), ": ", status.message()));
  }
}

void Upkeep::Run() {
  while (true) {
    Beat(MonotonicNow());
    absl::MutexLock lock(&mu_);
    if (mu_.AwaitWithTimeout(absl::Condition(&stopping_), options_.beat)) return;
  }
}

void Upkeep::Beat(absl::Duration now) {
  const absl::Status status =
      registry_->Beat(counters_.Read(now), options_.workers, problem_());
  if (status.ok() != alive_) {
    alive_ = status.ok();
    if (alive_) {
      LogInfo("database reachable");
    } else {
      LogWarning(absl::StrCat("database not reachable, work waits: ", status.message()));
    }
  }
  on_beat_(status.ok());
  if (!status.ok()) return;
  const absl::StatusOr<int> rescued = registry_->RescueDead(options_.rescue_after, options_.claim_deadline);
  if (rescued.ok() && *rescued > 0) {
    LogWarning(absl::StrCat("rescued jobs of dead replicas jobs=", *rescued));
  }
  if (now < next_collection_) return;
  next_collection_ = now + options_.collect_every;
  const absl::StatusOr<int> collected = registry_->CollectRemoved(options_.removal_grace);
  if (collected.ok() && *collected > 0) {
    LogInfo(absl::StrCat("collected contents without files contents=", *collected));
  }
}

}  // namespace hestia
