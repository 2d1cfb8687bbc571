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

// Results stored in one transaction, at the most.
constexpr std::size_t kFinishBatch = 64;
// So many results are worth a transaction that none of them has waited for.
constexpr int kFinishTogether = 8;
constexpr int kSlotsPerSpare = 4;
constexpr Backoff kClaimBackoff{.base = absl::Milliseconds(50), .cap = absl::Seconds(2)};

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
      gate_(options_.fence),
      store_(queue_, counters_, gate_, options_.retry),
      jobs_(static_cast<std::size_t>(capacity_)),
      outcomes_(static_cast<std::size_t>(capacity_ + kFinishTogether)) {
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

bool WorkerPool::AwaitEmptyHands() {
  absl::MutexLock lock(&mu_);
  mu_.Await(absl::Condition(this, &WorkerPool::EmptyHandsLocked));
  return !stopping_ && !resting_;
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

absl::StatusOr<bool> WorkerPool::RunSuspect(absl::Span<const std::int64_t> library_ids) {
  const absl::StatusOr<bool> waiting = queue_.SuspectsWait(library_ids);
  if (!waiting.ok() || !*waiting) return waiting;
  if (!AwaitEmptyHands() || !gate_.AwaitOpen()) return false;
  absl::StatusOr<std::optional<ClaimedJob>> suspect = queue_.ClaimSuspect(library_ids);
  if (!suspect.ok()) return suspect.status();
  if (!suspect->has_value()) return false;
  LogInfo(absl::StrCat("on probation path=\"", (*suspect)->path, "\" deaths=",
                       (*suspect)->deaths));
  std::vector<ClaimedJob> alone;
  alone.push_back(**std::move(suspect));
  HandOut(std::move(alone));
  AwaitEmptyHands();
  return true;
}

void WorkerPool::ClaimLoop() {
  absl::BitGen random;
  int failures = 0;
  absl::Duration next_look = absl::ZeroDuration();  // for suspects
  while (RoomForJobs() > 0 && gate_.AwaitOpen()) {
    absl::StatusOr<bool> suspect_ran = false;
    // One at a time, for whatever else waits must not wait for all of them.
    if (MonotonicNow() >= next_look) {
      suspect_ran = RunSuspect(claimable_());
      next_look = MonotonicNow() + options_.suspect_interval;
    }
    // That may have taken long; what was known before it is not to be relied on.
    const int room = RoomForJobs();
    if (room == 0 || !gate_.AwaitOpen()) break;
    absl::StatusOr<std::vector<ClaimedJob>> claimed = std::vector<ClaimedJob>();
    if (suspect_ran.ok()) claimed = queue_.Claim(claimable_(), room);
    absl::Status status = suspect_ran.status();
    status.Update(claimed.status());
    if (!status.ok()) {
      if (failures == 0) LogWarning(absl::StrCat("cannot claim jobs: ", status.message()));
      gate_.AwaitClosed(kClaimBackoff.Delay(failures++, random));
      continue;
    }
    failures = 0;
    if (claimed->empty() && *suspect_ran) {
      next_look = absl::ZeroDuration();
      continue;
    }
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
    if (gate_.closed()) {
      outcomes_.Push(JobRetry{.job = *std::move(job), .charge = false, .error = "service stopping"});
      continue;
    }
    {
      absl::MutexLock lock(&mu_);
      ++working_;
    }
    counters_.WorkerTookUp();
    JobOutcome outcome = Process(thumbnailer, *job);
    counters_.WorkerPutDown();
    outcomes_.Push(std::move(outcome));
    absl::MutexLock lock(&mu_);
    hurried_ = hurried_ || job->awaited;
    --working_;
    --in_hand_;
  }
}

JobOutcome WorkerPool::Process(Thumbnailer& thumbnailer, const ClaimedJob& job) {
  const absl::Duration began = MonotonicNow();
  ReadOutcome read = thumbnailer.Read(job.library_id, job.path);
  const absl::Duration read_at = MonotonicNow();
  if (read.stamp.has_value() && !(*read.stamp == job.stamp)) {
    return RetryOf(job, absl::AbortedError("the file changed since it was queued"), false,
                   options_.retry);
  }
  JobResult result{.job = job, .read_time = read_at - began};
  if (!read.status.ok()) {
    const FailedAttempt failed = Judge(read.status);
    if (!failed.verdict.has_value()) return RetryOf(job, read.status, !failed.free_of_charge, options_.retry);
    result.verdict = failed.verdict;
    return result;
  }
  result.content = read.source->key();
  absl::StatusOr<ContentStanding> standing = queue_.LookUp(*result.content);
  if (!standing.ok()) return RetryOf(job, standing.status(), false, options_.retry);
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
    return RetryOf(job, rendered, !absl::IsCancelled(rendered) && !failed.free_of_charge,
                   options_.retry);
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

bool WorkerPool::EnoughToStoreLocked() const {
  return stopping_ || hurried_ || in_hand_ == 0 || held_ - in_hand_ >= kFinishTogether;
}

std::vector<JobOutcome> WorkerPool::OutcomesToStore() {
  std::vector<JobOutcome> outcomes = outcomes_.PopSome(kFinishBatch);
  if (outcomes.empty()) return outcomes;
  {
    absl::MutexLock lock(&mu_);
    mu_.AwaitWithTimeout(absl::Condition(this, &WorkerPool::EnoughToStoreLocked),
                         options_.share_patience);
    hurried_ = false;
  }
  for (JobOutcome& more :
       outcomes_.PopSomeFor(kFinishBatch - outcomes.size(), absl::ZeroDuration())) {
    outcomes.push_back(std::move(more));
  }
  return outcomes;
}

void WorkerPool::FinishLoop() {
  while (true) {
    std::vector<JobOutcome> outcomes = OutcomesToStore();
    if (outcomes.empty()) return;
    const int stored = static_cast<int>(outcomes.size());
    store_.Store(std::move(outcomes));
    absl::MutexLock lock(&mu_);
    held_ -= stored;
  }
}

void WorkerPool::Stop(absl::Duration grace) {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
    gate_.Close();
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
