#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_JOB_QUEUE_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_JOB_QUEUE_H_

#include <functional>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/functional/function_ref.h>
#include <absl/synchronization/mutex.h>

#include "thumbnail-service/jobs/claim_mark.h"
#include "thumbnail-service/jobs/job_queue.h"
#include "thumbnail-service/store/pg_pool.h"

namespace hestia {

// The job queue on PostgreSQL; see jobs/job_queue.h for the contract. A claim is a token that
// is never used twice; results and retries that do not show it change nothing.
//
// Thread-safety: every method from any thread; `connections` of them at a time, claims one by one.
//   Look-ups that come while one is under way share the next one.
class PgJobQueue final : public JobQueue {
 public:
  // Told after a commit: there may be jobs to claim, something was finished. Must not block.
  using Announce = std::function<void(bool jobs, bool progress)>;

  PgJobQueue(const std::string& url, std::string replica_id, std::string decoder_version,
             int connections, Announce announce = [](bool, bool) {});

  absl::StatusOr<std::vector<ClaimedJob>> Claim(absl::Span<const std::int64_t> library_ids,
                                                int most) override;
  absl::StatusOr<bool> SuspectsWait(absl::Span<const std::int64_t> library_ids) override;
  absl::StatusOr<std::optional<ClaimedJob>> ClaimSuspect(
      absl::Span<const std::int64_t> library_ids) override;
  absl::StatusOr<ContentStanding> LookUp(const ContentKey& content) override;
  absl::StatusOr<std::vector<FinishEffect>> Finish(absl::Span<const JobResult> results) override;
  absl::Status Release(absl::Span<const JobRetry> retries) override;

 private:
  struct Question {
    const ContentKey* content = nullptr;
    absl::StatusOr<ContentStanding> answer = absl::UnknownError("not asked yet");
    bool answered = false;
  };
  void Ask(const std::vector<Question*>& questions);
  std::int64_t MarkToClaimFrom(absl::Duration now) ABSL_LOCKS_EXCLUDED(mu_);
  absl::StatusOr<std::vector<ClaimedJob>> ClaimFrom(std::int64_t from,
                                                    absl::Span<const std::int64_t> library_ids,
                                                    int most)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(claim_mu_);
  // Commits what `claim` takes, and answers it in the queue's order.
  absl::StatusOr<std::vector<ClaimedJob>> Take(
      absl::FunctionRef<pqxx::result(pqxx::work&)> claim)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(claim_mu_);
  // Gives back what a claim took that was not answered, once it can no more be committed.
  absl::Status UndoDoubtful() ABSL_EXCLUSIVE_LOCKS_REQUIRED(claim_mu_);

  PgPool pool_;
  // Held while the database is asked, so that what one claim left in doubt is settled before the
  // next one.
  absl::Mutex claim_mu_ ABSL_ACQUIRED_BEFORE(mu_);
  std::vector<ClaimedJob> doubtful_ ABSL_GUARDED_BY(claim_mu_);  // of one claim at the most
  absl::Mutex mu_;
  ClaimMark mark_ ABSL_GUARDED_BY(mu_);
  bool asking_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<Question*> questions_ ABSL_GUARDED_BY(mu_);  // for the next look-up
  const std::string replica_id_;
  const std::string decoder_version_;
  const Announce announce_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_JOB_QUEUE_H_
