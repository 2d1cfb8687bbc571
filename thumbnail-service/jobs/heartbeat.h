#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_HEARTBEAT_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_HEARTBEAT_H_

#include <functional>
#include <memory>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/named_thread.h"
#include "thumbnail-service/jobs/fence.h"
#include "thumbnail-service/jobs/replica_registry.h"
#include "thumbnail-service/jobs/work_counters.h"

namespace hestia {

// Keeps this replica registered: its row, its session's lock and the leases it holds. Opens
// the fence while that is so and closes it when it is not, for good once a newer release has
// changed the database's schema.
//
// Thread-safety: construct and Stop from the owner's thread. Starts one thread, "beat", which
//   does nothing else: whatever takes long belongs on another one.
// Lifetime: `counters` and `fence` outlive it.
class Heartbeat {
 public:
  struct Options {
    int workers = 0;
    absl::Duration beat = absl::Milliseconds(500);
    // A beat holds so long. Less than the time after which the others rescue.
    absl::Duration valid_for = absl::Seconds(5);
    // Of the leases renewed with each beat.
    absl::Duration lease_ttl = absl::Seconds(6);
  };
  // Called after each beat, on the beat's thread, with whether the database took it.
  using OnBeat = std::function<void(bool alive)>;
  // Called once, on the beat's thread, when this replica's release is not the database's any more.
  using OnOutdated = std::function<void()>;
  // What keeps this replica from working now, for GetStats; empty when nothing does.
  using Problem = std::function<std::string()>;

  Heartbeat(Options options, std::unique_ptr<ReplicaRegistry> registry,
            const WorkCounters& counters, Fence& fence, Problem problem, OnBeat on_beat,
            OnOutdated on_outdated);
  ~Heartbeat();

  // Ends the beats and signs this replica off. Idempotent.
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Run();
  void Beat(absl::Duration now);

  const Options options_;
  const std::unique_ptr<ReplicaRegistry> registry_;
  const WorkCounters& counters_;
  Fence& fence_;
  const Problem problem_;
  const OnBeat on_beat_;
  const OnOutdated on_outdated_;
  bool alive_ = true;        // for one log line per change
  bool outdated_ = false;
  bool registered_ = false;  // once, at least

  absl::Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  NamedThread thread_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_HEARTBEAT_H_
