#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_RESCUER_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_RESCUER_H_

#include <memory>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/named_thread.h"
#include "thumbnail-service/jobs/liveness_judge.h"
#include "thumbnail-service/jobs/rescue_store.h"

namespace hestia {

// Watches the other replicas and gives the jobs of dead ones back to the queue. Every replica
// does so; the database lets one of them do it.
//
// Thread-safety: construct and Stop from the owner's thread. Starts one thread, "rescue", so
//   that a rescue which waits for locks delays no heartbeat.
class Rescuer {
 public:
  struct Options {
    absl::Duration look = absl::Milliseconds(500);
    LivenessJudge::Patience patience;
    // No claim is honoured longer, were its replica alive: far beyond any render.
    absl::Duration claim_deadline = absl::Minutes(10);
    absl::Duration look_for_overdue = absl::Seconds(10);
    // A file on which so many replicas died is given up.
    int deaths_to_verdict = 3;
  };

  Rescuer(Options options, std::unique_ptr<RescueStore> store);
  ~Rescuer();

  // Joins. Idempotent.
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Run();
  void LookForDead(absl::Duration now);
  void LookForOverdue(absl::Duration now);

  const Options options_;
  const std::unique_ptr<RescueStore> store_;
  LivenessJudge judge_;
  absl::Duration next_overdue_ = absl::ZeroDuration();

  absl::Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  NamedThread thread_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_RESCUER_H_
