#include "thumbnail-service/jobs/worker_pool.h"

#include <algorithm>
#include <string>
#include <utility>

#include <absl/random/random.h>
#include <absl/strings/str_cat.h>

#include "common/crash_point.h"
#include "common/logging.h"
#include "common/monotonic_clock.h"

namespace hestia {
namespace {

// Results stored in one transaction: enough to share a commit's fsync, few enough that the
// first of them does not wait.
constexpr std::size_t kFinishBatch = 64;
// A database that is away while the process stops gets this many tries; the jobs of what
// could not be stored are claimed by another replica.
constexpr int kStoreTriesWhenStopping = 3;
constexpr int kSlotsPerSpare = 4;
constexpr absl::Duration kFenceLook = absl::Milliseconds(200);
constexpr Backoff kStoreBackoff{.base = absl::Milliseconds(50), .cap = absl::Seconds(2)};

bool Repeatable(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsAborted(status);
}

}  // namespace

WorkerPool::WorkerPool(Options options, JobQueue& queue, WorkCounters& counters,
                       ClaimableLibraries claimable,
                       std::vector<std::unique_ptr<Thumbnailer>> thumbnailers)
    : options_(options),
      queue_(queue),
      counters_(counters),
      claimable_(std::move(claimable)),
      thumbnailers_(std::move(thumbnailers)),
      // Claiming ahead hides a part of the claim's round trip, and several at once share it.
      spare_(std::max(1, static_cast<int>(thumbnailers_.size()) / kSlotsPerSpare)),
      capacity_(static_cast<int>(thumbnailers_.size()) + spare_),
      jobs_(static_cast<std::size_t>(capacity_)),
      outcomes_(static_cast<std::size_t>(capacity_)) {
  finisher_ = NamedThread("finish", [this] { FinishLoop(); });
  for (std::size_t i = 0; i < thumbnailers_.size(); ++i) {
    Thumbnailer& thumbnailer = *thumbnailers_[i];
    workers_.emplace_back(absl::StrCat("work-", i),
                          [this, &thumbnailer] { WorkLoop(thumbnailer); });
  }
  claimer_ = NamedThread("claim", [this] { ClaimLoop(); });
}

WorkerPool::~WorkerPool() { Stop(absl::ZeroDuration()); }

void WorkerPool::Wake() {
  absl::MutexLock lock(&mu_);
  woken_ = true;
}

void WorkerPool::Rest() {
  absl::MutexLock lock(&mu_);
  resting_ = true;
  woken_ = true;
}

bool WorkerPool::AwaitRested(absl::Duration timeout) {
  absl::MutexLock lock(&mu_);
  return mu_.AwaitWithTimeout(absl::Condition(this, &WorkerPool::RestedLocked), timeout);
}

bool WorkerPool::stopping() const {
  absl::MutexLock lock(&mu_);
  return stopping_;
}

int WorkerPool::RoomForJobs() {
  absl::MutexLock lock(&mu_);
  claiming_ = false;
  mu_.Await(absl::Condition(this, &WorkerPool::RoomLocked));
  woken_ = false;
  claiming_ = !stopping_;
  return stopping_ ? 0 : capacity_ - in_hand_;
}

void WorkerPool::AwaitWake(absl::Duration timeout) {
  absl::MutexLock lock(&mu_);
  mu_.AwaitWithTimeout(absl::Condition(this, &WorkerPool::WokenLocked), timeout);
}

void WorkerPool::AwaitStop(absl::Duration timeout) {
  absl::MutexLock lock(&mu_);
  mu_.AwaitWithTimeout(absl::Condition(&stopping_), timeout);
}

bool WorkerPool::AwaitFence() {
  while (options_.fence != nullptr && !options_.fence->IsOpen(MonotonicNow())) {
    if (stopping()) return false;
    options_.fence->AwaitOpen(MonotonicNow(), kFenceLook);
  }
  return true;
}

bool WorkerPool::AwaitEmptyHands() {
  absl::MutexLock lock(&mu_);
  mu_.Await(absl::Condition(this, &WorkerPool::EmptyHandsLocked));
  return !stopping_;
}

void WorkerPool::HandOut(std::vector<ClaimedJob> jobs) {
  {
    absl::MutexLock lock(&mu_);
    in_hand_ += static_cast<int>(jobs.size());
    held_ += static_cast<int>(jobs.size());
  }
  for (ClaimedJob& job : jobs) {
    LogDebug(absl::StrCat("claimed file=", job.file_id, " token=", job.token));
    jobs_.Push(std::move(job));
  }
}

absl::Status WorkerPool::RunSuspects(absl::Span<const std::int64_t> library_ids) {
  while (true) {
    const absl::StatusOr<bool> waiting = queue_.SuspectsWait(library_ids);
    if (!waiting.ok()) return waiting.status();
    if (!*waiting || !AwaitEmptyHands()) return absl::OkStatus();
    absl::StatusOr<std::optional<ClaimedJob>> suspect = queue_.ClaimSuspect(library_ids);
    if (!suspect.ok()) return suspect.status();
    if (!suspect->has_value()) return absl::OkStatus();
    LogInfo(absl::StrCat("on probation path=\"", (*suspect)->path, "\" deaths=",
                         (*suspect)->deaths));
    std::vector<ClaimedJob> alone;
    alone.push_back(**std::move(suspect));
    HandOut(std::move(alone));
    if (!AwaitEmptyHands()) return absl::OkStatus();
  }
}

void WorkerPool::ClaimLoop() {
  absl::BitGen random;
  int failures = 0;
  absl::Duration next_look = absl::ZeroDuration();  // for suspects
  while (const int room = RoomForJobs()) {
    if (!AwaitFence()) break;
    const std::vector<std::int64_t> libraries = claimable_();
    absl::Status status;
    if (MonotonicNow() >= next_look) {
      status = RunSuspects(libraries);
      next_look = MonotonicNow() + options_.suspect_interval;
    }
    absl::StatusOr<std::vector<ClaimedJob>> claimed = std::vector<ClaimedJob>();
    if (stopping()) break;
    if (status.ok()) claimed = queue_.Claim(libraries, room);
    status.Update(claimed.status());
    if (!status.ok()) {
      if (failures == 0) LogWarning(absl::StrCat("cannot claim jobs: ", status.message()));
      AwaitStop(kStoreBackoff.Delay(failures++, random));
      continue;
    }
    failures = 0;
    if (claimed->empty()) {
      AwaitWake(std::min(options_.poll_interval, options_.suspect_interval));
      continue;
    }
    HESTIA_CRASH_POINT("claim.committed");
    HandOut(*std::move(claimed));
  }
  jobs_.Close();
  absl::MutexLock lock(&mu_);
  claiming_ = false;
}

void WorkerPool::WorkLoop(Thumbnailer& thumbnailer) {
  while (std::optional<ClaimedJob> job = jobs_.Pop()) {
    if (stopping()) {
      outcomes_.Push(JobRetry{.job = *std::move(job), .charge = false, .error = "service stopping"});
      continue;
    }
    {
      absl::MutexLock lock(&mu_);
      ++working_;
    }
    counters_.WorkerTookUp();
    Outcome outcome = Process(thumbnailer, *job);
    counters_.WorkerPutDown();
    outcomes_.Push(std::move(outcome));
    absl::MutexLock lock(&mu_);
    --working_;
    --in_hand_;
  }
}

WorkerPool::Outcome WorkerPool::Process(Thumbnailer& thumbnailer, const ClaimedJob& job) {
  const absl::Duration began = MonotonicNow();
  ReadOutcome read = thumbnailer.Read(job.library_id, job.path);
  const absl::Duration read_at = MonotonicNow();
  if (read.stamp.has_value() && !(*read.stamp == job.stamp)) {
    return Retry(job, absl::AbortedError("the file changed since it was queued"), false);
  }
  JobResult result{.job = job, .read_time = read_at - began};
  if (!read.status.ok()) {
    const FailedAttempt failed = Judge(read.status);
    if (!failed.verdict.has_value()) return Retry(job, read.status, !failed.free_of_charge);
    result.verdict = failed.verdict;
    return result;
  }
  result.content = read.source->key();
  absl::StatusOr<ContentStanding> standing = queue_.LookUp(*result.content);
  if (!standing.ok()) return Retry(job, standing.status(), false);
  result.verdict = standing->verdict;
  if (result.verdict.has_value() || standing->missing.empty()) return result;

  HESTIA_CRASH_POINT("render.begun");
  const absl::Duration ready = MonotonicNow();
  const absl::Status rendered = Render(thumbnailer, *read.source, standing->missing, result);
  result.render_time = MonotonicNow() - ready;
  HESTIA_CRASH_POINT("render.done");
  if (rendered.ok()) return result;
  const FailedAttempt failed = Judge(rendered);
  if (!failed.verdict.has_value()) {
    return Retry(job, rendered, !absl::IsCancelled(rendered) && !failed.free_of_charge);
  }
  result.verdict = failed.verdict;
  return result;
}

absl::Status WorkerPool::Render(Thumbnailer& thumbnailer, const OpenedSource& source,
                                const std::vector<StoredRecipe>& missing, JobResult& result) {
  absl::StatusOr<Rendered> rendered = thumbnailer.Render(source, missing);
  if (!rendered.ok() && Judge(rendered.status()).try_once_more) {
    rendered = thumbnailer.Render(source, missing);
  }
  if (!rendered.ok()) return rendered.status();
  counters_.ImageRendered();
  LogDebug(absl::StrCat("rendered file=", result.job.file_id));
  result.source_width_px = rendered->source_width_px;
  result.source_height_px = rendered->source_height_px;
  result.placeholder = std::move(rendered->placeholder);
  result.damage = std::move(rendered->damage);
  result.thumbnails = std::move(rendered->thumbnails);
  return absl::OkStatus();
}

JobRetry WorkerPool::Retry(const ClaimedJob& job, const absl::Status& why, bool charge) const {
  absl::BitGen random;
  return JobRetry{.job = job,
                  .delay = options_.retry.Delay(job.tries, random),
                  .charge = charge,
                  .error = why.ToString()};
}

void WorkerPool::FinishLoop() {
  while (true) {
    std::vector<Outcome> outcomes = outcomes_.PopSome(kFinishBatch);
    if (outcomes.empty()) return;
    const int stored = static_cast<int>(outcomes.size());
    Store(std::move(outcomes));
    absl::MutexLock lock(&mu_);
    held_ -= stored;
  }
}

void WorkerPool::Store(std::vector<Outcome> outcomes) {
  std::vector<JobResult> results;
  std::vector<JobRetry> retries;
  for (Outcome& outcome : outcomes) {
    if (auto* const result = std::get_if<JobResult>(&outcome)) {
      results.push_back(std::move(*result));
    } else {
      retries.push_back(std::get<JobRetry>(std::move(outcome)));
    }
  }
  if (!results.empty()) StoreResults(results);
  if (!retries.empty()) StoreRetries(retries);
}

void WorkerPool::StoreResults(absl::Span<const JobResult> results) {
  absl::BitGen random;
  for (int tries = 0;; ++tries) {
    if (!AwaitFence()) {
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
    if (stopping() && tries + 1 >= kStoreTriesWhenStopping) {
      LogError(absl::StrCat("results of ", results.size(), " jobs not stored, their claims will ",
                            "be rescued: ", effects.status().message()));
      return;
    }
    AwaitStop(kStoreBackoff.Delay(tries, random));
  }
}

// One result that the database refuses must not take its batch with it; by itself it goes back
// to the queue with its attempt charged.
void WorkerPool::StoreApart(absl::Span<const JobResult> results, const absl::Status& refusal) {
  if (results.size() == 1) {
    LogError(absl::StrCat("result refused path=\"", results[0].job.path, "\": ",
                          refusal.message()));
    return StoreRetries({Retry(results[0].job, refusal, true)});
  }
  for (const JobResult& result : results) StoreResults(absl::MakeConstSpan(&result, 1));
}

void WorkerPool::Count(const JobResult& result, FinishEffect effect) {
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

void WorkerPool::StoreRetries(absl::Span<const JobRetry> retries) {
  absl::BitGen random;
  for (int tries = 0;; ++tries) {
    if (!AwaitFence()) return;  // signing off hands back what is claimed
    const absl::Status status = queue_.Release(retries);
    if (status.ok()) {
      for (const JobRetry& retry : retries) {
        counters_.JobRetried();
        LogDebug(absl::StrCat("retry path=\"", retry.job.path, "\" in=",
                              absl::FormatDuration(retry.delay), " because=\"", retry.error, "\""));
      }
      return;
    }
    if (!Repeatable(status) || (stopping() && tries + 1 >= kStoreTriesWhenStopping)) {
      LogError(absl::StrCat("cannot hand back ", retries.size(), " jobs: ", status.message()));
      return;
    }
    AwaitStop(kStoreBackoff.Delay(tries, random));
  }
}

void WorkerPool::Stop(absl::Duration grace) {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
    HESTIA_CRASH_POINT("drain.begun");
    // `working_` counts a job until its outcome is handed on, so idle means nothing is lost.
    if (!mu_.AwaitWithTimeout(absl::Condition(this, &WorkerPool::IdleLocked), grace)) {
      LogInfo("cancelling renders that did not finish in time");
    }
  }
  for (const std::unique_ptr<Thumbnailer>& thumbnailer : thumbnailers_) thumbnailer->Cancel();
  claimer_.Join();
  for (NamedThread& worker : workers_) worker.Join();
  outcomes_.Close();
  finisher_.Join();
}

}  // namespace hestia
