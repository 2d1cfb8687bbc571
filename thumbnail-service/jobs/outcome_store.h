#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_OUTCOME_STORE_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_OUTCOME_STORE_H_

#include <variant>
#include <vector>

#include <absl/status/status.h>
#include <absl/types/span.h>

#include "common/backoff.h"
#include "thumbnail-service/jobs/job.h"
#include "thumbnail-service/jobs/job_queue.h"
#include "thumbnail-service/jobs/work_counters.h"
#include "thumbnail-service/jobs/work_gate.h"

namespace hestia {

// How a claimed job ended: with something to store, or to be tried again.
using JobOutcome = std::variant<JobResult, JobRetry>;

// `job` handed back because of `why`, to be tried again after the backoff's delay.
JobRetry RetryOf(const ClaimedJob& job, const absl::Status& why, bool charge,
                 const Backoff& backoff);

// Brings outcomes into the queue and counts them, however long the database is away.
//
// Thread-safety: none; one thread stores.
// Blocking: as long as the gate's fence is closed or the database away. Once the gate is closed a
//   few tries more, and none where the fence is closed, too: then the claims are left to whoever
//   rescues them.
// Lifetime: all that it is given outlives it. Memory: none but the outcomes it is given.
class OutcomeStore {
 public:
  OutcomeStore(JobQueue& queue, WorkCounters& counters, WorkGate& gate, Backoff retry)
      : queue_(queue), counters_(counters), gate_(gate), retry_(retry) {}

  void Store(std::vector<JobOutcome> outcomes);

 private:
  void StoreResults(absl::Span<const JobResult> results);
  void StoreApart(absl::Span<const JobResult> results, const absl::Status& refusal);
  void StoreRetries(absl::Span<const JobRetry> retries);
  void Count(const JobResult& result, FinishEffect effect);

  JobQueue& queue_;
  WorkCounters& counters_;
  WorkGate& gate_;
  const Backoff retry_;  // of a result that the database refuses
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_OUTCOME_STORE_H_
