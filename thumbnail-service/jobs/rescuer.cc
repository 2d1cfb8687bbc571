#include "thumbnail-service/jobs/rescuer.h"

#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>

#include "common/logging.h"
#include "common/monotonic_clock.h"

namespace hestia {

Rescuer::Rescuer(Options options, std::unique_ptr<RescueStore> store)
    : options_(options), store_(std::move(store)), judge_(options.patience) {
  thread_ = NamedThread("rescue", [this] { Run(); });
}

Rescuer::~Rescuer() { Stop(); }

void Rescuer::Stop() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  thread_.Join();
}

void Rescuer::Run() {
  while (true) {
    const absl::Duration now = MonotonicNow();
    LookForDead(now);
    LookForOverdue(now);
    absl::MutexLock lock(&mu_);
    if (mu_.AwaitWithTimeout(absl::Condition(&stopping_), options_.look)) return;
  }
}

// A failed look is not logged: the heartbeat tells of the same database.
void Rescuer::LookForDead(absl::Duration now) {
  const absl::StatusOr<std::vector<ReplicaSign>> signs = store_->Survey();
  if (!signs.ok()) return;
  for (const ReplicaSign& dead : judge_.Dead(now, *signs)) {
    const absl::StatusOr<RescueEffect> effect =
        store_->RescueFrom(dead, options_.deaths_to_verdict);
    if (!effect.ok()) {
      LogWarning(absl::StrCat("rescue of replica=", dead.id, " failed, trying again: ",
                              effect.status().message()));
    } else if (effect->requeued + effect->given_up > 0) {
      LogWarning(absl::StrCat("rescued jobs of a dead replica replica=", dead.id,
                              " jobs=", effect->requeued, " given_up=", effect->given_up,
                              " session=", dead.has_session ? "there" : "gone"));
    }
  }
}

void Rescuer::LookForOverdue(absl::Duration now) {
  if (now < next_overdue_) return;
  next_overdue_ = now + options_.look_for_overdue;
  const absl::StatusOr<int> overdue = store_->RescueOverdue(options_.claim_deadline);
  if (overdue.ok() && *overdue > 0) {
    LogWarning(absl::StrCat("rescued jobs over their deadline jobs=", *overdue));
  }
}

}  // namespace hestia
