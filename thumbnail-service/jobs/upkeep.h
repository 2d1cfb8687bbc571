#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_UPKEEP_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_UPKEEP_H_

#include <functional>
#include <memory>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/named_thread.h"
#include "thumbnail-service/jobs/replica_registry.h"
#include "thumbnail-service/jobs/work_counters.h"

namespace hestia {

// This replica's regular duties: its heartbeat, the rescue of dead replicas' jobs, and the
// collection of what was removed long ago.
//
// Thread-safety: construct and Stop from the owner's thread. Starts one thread, "upkeep".
// Lifetime: `counters` outlives it.
class Upkeep {
 public:
  struct Options {
    int workers = 0;
    absl::Duration beat = absl::Seconds(1);
    absl::Duration rescue_after = absl::Seconds(10);  // without a beat a replica is dead
    // No claim is honoured longer, were its replica alive: far beyond any render.
    absl::Duration claim_deadline = absl::Minutes(10);
    absl::Duration removal_grace = absl::Hours(24);
    absl::Duration collect_every = absl::Minutes(1);
  };
  // Called after each beat, on the upkeep thread, with whether the database took it.
  using OnBeat = std::function<void(bool alive)>;
  // What keeps this replica from working now, for GetStats; empty when nothing does.
  using Problem = std::function<std::string()>;

  Upkeep(Options options, std::unique_ptr<ReplicaRegistry> registry, const WorkCounters& counters,
         Problem problem, OnBeat on_beat);
  ~Upkeep();

  // Ends the beats and signs this replica off. Idempotent.
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Run();
  void Beat(absl::Duration now);

  const Options options_;
  const std::unique_ptr<ReplicaRegistry> registry_;
  const WorkCounters& counters_;
  const Problem problem_;
  const OnBeat on_beat_;
  bool alive_ = true;  // for one log line per change
  absl::Duration next_collection_;

  absl::Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  NamedThread thread_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_UPKEEP_H_
