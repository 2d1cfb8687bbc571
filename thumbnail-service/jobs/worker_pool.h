#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_WORKER_POOL_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_WORKER_POOL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/backoff.h"
#include "common/bounded_channel.h"
#include "common/named_thread.h"
#include "thumbnail-service/jobs/fence.h"
#include "thumbnail-service/jobs/job_queue.h"
#include "thumbnail-service/jobs/outcome_store.h"
#include "thumbnail-service/jobs/thumbnailer.h"
#include "thumbnail-service/jobs/work_counters.h"
#include "thumbnail-service/jobs/work_gate.h"

namespace hestia {

// Turns jobs into stored results: one thread claims, one a slot reads and renders, one stores.
// Claimed work in this process is at most one job a slot plus, waiting, one for every four slots
// and at least one. A suspect (see JobQueue) is in work alone, and others have their turn before the
// next one. Results share transactions: while
// others are in work one waits a moment for them, unless a call waits for it. While the fence is closed nothing is claimed and nothing stored; should it be closed at the end,
// results are left to whoever rescues their claims.
//
// Thread-safety: Wake(), Rest() and AwaitRested() from any thread; Stop() from the owner's.
// Lifetime: `queue`, `counters` and the fence outlive the pool.
// Memory: a slot's source file and images; of results waiting to be stored as many as jobs may be
//   claimed, and eight, and beside them the 64 at most that are being stored.
class WorkerPool {
 public:
  struct Options {
    // Waiting in the queue is asked for at least this often, should a wake-up get lost.
    absl::Duration poll_interval = absl::Seconds(1);
    // Suspects are looked for so often, busy or not.
    absl::Duration suspect_interval = absl::Milliseconds(500);
    // A transaction costs as much as several results in it. While others are in work, a result
    // waits so long for more of them.
    absl::Duration share_patience = absl::Milliseconds(100);
    Backoff retry = {};
    const Fence* fence = nullptr;  // none: always open
  };
  // Ids of the libraries whose folders this machine has; asked before every claim.
  using ClaimableLibraries = std::function<std::vector<std::int64_t>()>;

  // Starts the threads claim, work-0 …, finish. One worker per thumbnailer.
  WorkerPool(Options options, JobQueue& queue, WorkCounters& counters,
             ClaimableLibraries claimable, std::vector<std::unique_ptr<Thumbnailer>> thumbnailers);
  ~WorkerPool();

  // There may be new jobs. Never blocks.
  void Wake() ABSL_LOCKS_EXCLUDED(mu_);

  // Claims no more, for good. What is claimed is finished and stored.
  void Rest() ABSL_LOCKS_EXCLUDED(mu_);
  // After Rest: waits until nothing is in hand. False: not within `timeout`.
  bool AwaitRested(absl::Duration timeout) ABSL_LOCKS_EXCLUDED(mu_);

  // In this order: claims no more and hands back what no worker has begun; lets workers
  // finish until `grace` has passed, then cancels their renders and hands those jobs back;
  // stores what is finished; joins. Idempotent.
  void Stop(absl::Duration grace) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void ClaimLoop();
  void WorkLoop(Thumbnailer& thumbnailer);
  void FinishLoop();
  // Waits for outcomes that share a transaction; empty: there will be none.
  std::vector<JobOutcome> OutcomesToStore() ABSL_LOCKS_EXCLUDED(mu_);

  // Waits until jobs may be claimed; 0 when stopping.
  int RoomForJobs() ABSL_LOCKS_EXCLUDED(mu_);
  // Waits for Wake(), Stop() or `timeout`.
  void AwaitWake(absl::Duration timeout) ABSL_LOCKS_EXCLUDED(mu_);
  // Waits until nothing that was claimed is left in this process; false when no more is to be
  // claimed.
  bool AwaitEmptyHands() ABSL_LOCKS_EXCLUDED(mu_);
  void HandOut(std::vector<ClaimedJob> jobs) ABSL_LOCKS_EXCLUDED(mu_);
  // Does one of the suspects that wait, with nothing else in work; false when there was none to do.
  absl::StatusOr<bool> RunSuspect(absl::Span<const std::int64_t> library_ids);
  bool WokenLocked() const ABSL_SHARED_LOCKS_REQUIRED(mu_) { return woken_ || stopping_; }
  bool RoomLocked() const ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return stopping_ || (!resting_ && capacity_ - in_hand_ >= spare_);
  }
  bool EmptyHandsLocked() const ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return stopping_ || held_ == 0;
  }
  bool RestedLocked() const ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return !claiming_ && held_ == 0;
  }
  bool EnoughToStoreLocked() const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  bool IdleLocked() const ABSL_SHARED_LOCKS_REQUIRED(mu_) { return working_ == 0; }

  JobOutcome Process(Thumbnailer& thumbnailer, const ClaimedJob& job);
  // Adds the images to `result`; a crash or timeout gets one more try in a fresh process.
  absl::Status Render(Thumbnailer& thumbnailer, const OpenedSource& source,
                      const std::vector<StoredRecipe>& missing, JobResult& result);

  const Options options_;
  JobQueue& queue_;
  WorkCounters& counters_;
  const ClaimableLibraries claimable_;
  const std::vector<std::unique_ptr<Thumbnailer>> thumbnailers_;
  const int spare_;  // claimed ahead
  const int capacity_;
  WorkGate gate_;
  OutcomeStore store_;  // used by the finisher alone

  absl::Mutex mu_;
  int in_hand_ ABSL_GUARDED_BY(mu_) = 0;  // claimed, not yet done by a worker
  int held_ ABSL_GUARDED_BY(mu_) = 0;     // claimed, not yet stored or handed back
  int working_ ABSL_GUARDED_BY(mu_) = 0;
  bool woken_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  bool resting_ ABSL_GUARDED_BY(mu_) = false;
  bool claiming_ ABSL_GUARDED_BY(mu_) = false;  // jobs may be on their way here
  bool hurried_ ABSL_GUARDED_BY(mu_) = false;   // a call waits for an outcome not stored yet

  BoundedChannel<ClaimedJob> jobs_;
  BoundedChannel<JobOutcome> outcomes_;
  NamedThread claimer_;
  std::vector<NamedThread> workers_;
  NamedThread finisher_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_WORKER_POOL_H_
