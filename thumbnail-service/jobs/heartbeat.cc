#include "thumbnail-service/jobs/heartbeat.h"

#include <utility>

#include <absl/strings/str_cat.h>

#include "common/crash_point.h"
#include "common/logging.h"
#include "common/monotonic_clock.h"

namespace hestia {

Heartbeat::Heartbeat(Options options, std::unique_ptr<ReplicaRegistry> registry,
                     const WorkCounters& counters, Fence& fence, Problem problem, OnBeat on_beat,
                     OnOutdated on_outdated)
    : options_(options),
      registry_(std::move(registry)),
      counters_(counters),
      fence_(fence),
      problem_(std::move(problem)),
      on_beat_(std::move(on_beat)),
      on_outdated_(std::move(on_outdated)) {
  thread_ = NamedThread("beat", [this] { Run(); });
}

Heartbeat::~Heartbeat() { Stop(); }

void Heartbeat::Stop() {
  {
    absl::MutexLock lock(&mu_);
    if (stopping_) return;
    stopping_ = true;
  }
  thread_.Join();
  fence_.Close();
  HESTIA_CRASH_POINT("drain.leaving");
  if (const absl::Status status = registry_->Leave(); !status.ok()) {
    LogWarning(absl::StrCat("could not sign off, others will rescue soon: ", status.message()));
  }
}

void Heartbeat::Run() {
  while (true) {
    Beat(MonotonicNow());
    absl::MutexLock lock(&mu_);
    if (mu_.AwaitWithTimeout(absl::Condition(&stopping_), options_.beat)) return;
  }
}

void Heartbeat::Beat(absl::Duration now) {
  const absl::StatusOr<BeatEffect> effect =
      registry_->Beat(counters_.Read(now), options_.workers, problem_());
  if (effect.ok() && effect->newer_schema != 0) {
    fence_.Close();
    if (!std::exchange(outdated_, true)) {
      LogError(absl::StrCat("a newer release changed the database's schema to ", effect->newer_schema,
                            "; this replica ends, start that release in its place"));
      on_outdated_();
    }
  } else if (effect.ok()) {
    if (effect->inserted && registered_) {
      LogWarning("was taken for dead, registered anew; results of before will be refused");
    }
    registered_ = true;
    // From when it was sent: how long the answer took is not known to be alive.
    fence_.OpenUntil(now + options_.valid_for);
    // Not having them renewed is no reason to stop rendering.
    registry_->RenewLeases(options_.lease_ttl).IgnoreError();
  } else if (absl::IsUnavailable(effect.status())) {
    fence_.Close();  // the session's lock is gone
  }
  if (effect.ok() != alive_) {
    alive_ = effect.ok();
    if (alive_) {
      LogInfo("database reachable");
    } else {
      LogWarning(absl::StrCat("database not reachable, work waits: ", effect.status().message()));
    }
  }
  on_beat_(effect.ok() && !outdated_);
}

}  // namespace hestia
