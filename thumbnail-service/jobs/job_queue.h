#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_JOB_QUEUE_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_JOB_QUEUE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "thumbnail-service/jobs/job.h"

namespace hestia {

// What the database made of a result.
enum class FinishEffect {
  kStored,    // took effect, the job is gone
  kRequeued,  // a newer version is wanted, or a thumbnail is missing after all: the job stays
  kStale,     // the claim was not ours any more: changed nothing
};

// The durable queue, as the worker pool needs it. Implemented by store/; a fake in the tests
// injects faults.
//
// Thread-safety: every method may be called from any thread.
// Blocking: all wait for the database.
// Errors, of all methods: kUnavailable  no connection, or the commit's fate is unknown: call
//   again with the same arguments (results and retries are guarded by token, so repeating is
//   safe; what a claim took that was not answered goes back to the queue, at the latest with the
//   next call of Claim or ClaimSuspect that reaches the database, whatever its arguments);
//   kAborted  lost a race: call again at once; anything else is a bug or a full disk.
class JobQueue {
 public:
  virtual ~JobQueue() = default;

  // Takes up to `most` jobs of these libraries, soonest first, suspects excepted. Never waits
  // for jobs.
  virtual absl::StatusOr<std::vector<ClaimedJob>> Claim(absl::Span<const std::int64_t> library_ids,
                                                        int most) = 0;
  // A suspect is a job with which in work a replica died. It may be what killed it, so whoever
  // takes one does nothing else meanwhile; then its next death is surely its own.
  virtual absl::StatusOr<bool> SuspectsWait(absl::Span<const std::int64_t> library_ids) = 0;
  // Takes the soonest suspect, if there is one.
  virtual absl::StatusOr<std::optional<ClaimedJob>> ClaimSuspect(
      absl::Span<const std::int64_t> library_ids) = 0;
  // What is stored about these bytes already.
  virtual absl::StatusOr<ContentStanding> LookUp(const ContentKey& content) = 0;
  // Stores results and removes their jobs, in one transaction. One effect per result, in
  // their order.
  virtual absl::StatusOr<std::vector<FinishEffect>> Finish(absl::Span<const JobResult> results) = 0;
  // Gives jobs back to the queue.
  virtual absl::Status Release(absl::Span<const JobRetry> retries) = 0;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_JOB_QUEUE_H_
