#include "thumbnail-service/jobs/outcome_store.h"

#include <string>
#include <utility>

#include <absl/random/random.h>
#include <absl/strings/str_cat.h>

#include "common/logging.h"
#include "common/monotonic_clock.h"

namespace hestia {
namespace {

// A database that is away while the process stops gets this many tries; the jobs of what
// could not be stored are claimed by another replica.
constexpr int kStoreTriesWhenStopping = 3;
constexpr Backoff kStoreBackoff{.base = absl::Milliseconds(50), .cap = absl::Seconds(2)};

bool Repeatable(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsAborted(status);
}

}  // namespace

JobRetry RetryOf(const ClaimedJob& job, const absl::Status& why, bool charge,
                 const Backoff& backoff) {
  absl::BitGen random;
  return JobRetry{.job = job,
                  .delay = backoff.Delay(job.tries, random),
                  .charge = charge,
                  .error = why.ToString()};
}

void OutcomeStore::Store(std::vector<JobOutcome> outcomes) {
  std::vector<JobResult> results;
  std::vector<JobRetry> retries;
  for (JobOutcome& outcome : outcomes) {
    if (auto* const result = std::get_if<JobResult>(&outcome)) {
      results.push_back(std::move(*result));
    } else {
      retries.push_back(std::get<JobRetry>(std::move(outcome)));
    }
  }
  if (!results.empty()) StoreResults(results);
  if (!retries.empty()) StoreRetries(retries);
}

void OutcomeStore::StoreResults(absl::Span<const JobResult> results) {
  absl::BitGen random;
  for (int tries = 0;; ++tries) {
    if (!gate_.AwaitOpen()) {
      LogWarning(absl::StrCat("results of ", results.size(), " jobs not stored, for this replica may ",
                              "not write any more; their claims will be rescued"));
      return;
    }
    const absl::StatusOr<std::vector<FinishEffect>> effects = queue_.Finish(results);
    if (effects.ok()) {
      for (std::size_t i = 0; i < results.size(); ++i) Count(results[i], (*effects)[i]);
      return;
    }
    if (tries == 0) {
      LogWarning(absl::StrCat("cannot store results, trying again: ", effects.status().message()));
    }
    if (!Repeatable(effects.status())) return StoreApart(results, effects.status());
    if (gate_.closed() && tries + 1 >= kStoreTriesWhenStopping) {
      LogError(absl::StrCat("results of ", results.size(), " jobs not stored, their claims will ",
                            "be rescued: ", effects.status().message()));
      return;
    }
    gate_.AwaitClosed(kStoreBackoff.Delay(tries, random));
  }
}

// One result that the database refuses must not take its batch with it; by itself it goes back
// to the queue with its attempt charged.
void OutcomeStore::StoreApart(absl::Span<const JobResult> results, const absl::Status& refusal) {
  if (results.size() == 1) {
    LogError(absl::StrCat("result refused path=\"", results[0].job.path, "\": ",
                          refusal.message()));
    return StoreRetries({RetryOf(results[0].job, refusal, true, retry_)});
  }
  for (const JobResult& result : results) StoreResults(absl::MakeConstSpan(&result, 1));
}

void OutcomeStore::Count(const JobResult& result, FinishEffect effect) {
  switch (effect) {
    case FinishEffect::kStored:
      counters_.JobFinished(result.verdict.has_value(), result.job.claimed_at, MonotonicNow());
      LogDebug(absl::StrCat("stored file=", result.job.file_id, " images=",
                            result.thumbnails.size()));
      break;
    case FinishEffect::kRequeued:
      counters_.JobRetried();
      return;
    case FinishEffect::kStale:
      counters_.ResultStale();
      LogInfo(absl::StrCat("stale result refused file=", result.job.file_id, " token=",
                           result.job.token));
      return;
  }
  if (result.verdict.has_value()) {
    LogInfo(absl::StrCat("verdict path=\"", result.job.path, "\" code=", result.verdict->code,
                         " detail=\"", result.verdict->detail, "\""));
  }
}

void OutcomeStore::StoreRetries(absl::Span<const JobRetry> retries) {
  absl::BitGen random;
  for (int tries = 0;; ++tries) {
    if (!gate_.AwaitOpen()) return;  // signing off hands back what is claimed
    const absl::Status status = queue_.Release(retries);
    if (status.ok()) {
      for (const JobRetry& retry : retries) {
        counters_.JobRetried();
        LogDebug(absl::StrCat("retry path=\"", retry.job.path, "\" in=",
                              absl::FormatDuration(retry.delay), " because=\"", retry.error, "\""));
      }
      return;
    }
    if (!Repeatable(status) || (gate_.closed() && tries + 1 >= kStoreTriesWhenStopping)) {
      LogError(absl::StrCat("cannot hand back ", retries.size(), " jobs: ", status.message()));
      return;
    }
    gate_.AwaitClosed(kStoreBackoff.Delay(tries, random));
  }
}

}  // namespace hestia
