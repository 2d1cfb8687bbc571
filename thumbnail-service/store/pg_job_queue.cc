#include "thumbnail-service/store/pg_job_queue.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <absl/time/clock.h>

#include "common/crash_point.h"
#include "common/monotonic_clock.h"
#include "thumbnail-service/jobs/order_key.h"
#include "thumbnail-service/store/pg_bytea_array.h"
#include "thumbnail-service/store/pg_finish.h"
#include "thumbnail-service/store/pg_finish_sql.h"
#include "thumbnail-service/store/pg_job_queue_sql.h"

namespace hestia {
namespace {

std::vector<PgStatement> Statements() {
  std::vector<PgStatement> all = {kClaim,   kClaimSuspect, kSuspectsWait, kLookUp,
                                  kRelease, kLockJobs,     kUndoClaims};
  all.insert(all.end(), FinishStatements().begin(), FinishStatements().end());
  return all;
}

absl::Span<const PgStatement> AllStatements() {
  static const std::vector<PgStatement>& all = *new std::vector<PgStatement>(Statements());
  return all;
}

// Workers wait for these; nothing here takes long.
constexpr PgLimits kLimits{.statement = absl::Seconds(20), .lock = absl::Seconds(10),
                           .answer = absl::Seconds(25), .few_keys = true};

// Adds what a row of kLookUp says.
absl::Status AddRow(const pqxx::row& row, ContentStanding& standing) {
  const absl::StatusOr<std::vector<Recipe>> recipe = ParseRecipes(row[2].as<std::string>());
  if (!recipe.ok()) return recipe.status();
  standing.missing.push_back(
      StoredRecipe{.id = row[1].as<std::int64_t>(), .recipe = recipe->front()});
  if (!row[3].is_null()) {
    standing.verdict = Verdict{row[3].as<std::string>(), row[4].as<std::string>()};
  }
  return absl::OkStatus();
}

void SortLargestFirst(std::vector<StoredRecipe>& recipes) {
  std::sort(recipes.begin(), recipes.end(), [](const StoredRecipe& a, const StoredRecipe& b) {
    return a.recipe.box_px > b.recipe.box_px;
  });
}

ClaimedJob ToClaimedJob(const pqxx::row& row) {
  return ClaimedJob{.file_id = row[0].as<std::int64_t>(),
                    .token = row[1].as<std::int64_t>(),
                    .version = row[2].as<std::int64_t>(),
                    .library_id = row[3].as<std::int64_t>(),
                    .path = row[4].as<std::string>(),
                    .stamp = {.size_bytes = row[5].as<std::int64_t>(),
                              .mtime_ns = row[6].as<std::int64_t>(),
                              .inode = static_cast<std::uint64_t>(row[7].as<std::int64_t>())},
                    .attempts = row[8].as<int>(),
                    .tries = row[10].as<int>(),
                    .deaths = row[11].as<int>(),
                    .awaited = IsAwaited(row[9].as<std::int64_t>(), absl::Now()),
                    .claimed_at = MonotonicNow()};
}

}  // namespace

PgJobQueue::PgJobQueue(const std::string& url, std::string replica_id,
                       std::string decoder_version, int connections, Announce announce)
    : pool_(url, AllStatements(), connections, kLimits),
      replica_id_(std::move(replica_id)),
      decoder_version_(std::move(decoder_version)),
      announce_(std::move(announce)) {}

absl::StatusOr<std::vector<ClaimedJob>> PgJobQueue::Claim(
    absl::Span<const std::int64_t> library_ids, int most) {
  absl::MutexLock lock(&claim_mu_);
  if (absl::Status undone = UndoDoubtful(); !undone.ok()) return undone;
  if (library_ids.empty()) return std::vector<ClaimedJob>();
  const std::int64_t from = MarkToClaimFrom(MonotonicNow());
  auto claimed = ClaimFrom(from, library_ids, most);
  if (from == ClaimMark::kFront || !claimed.ok() || !claimed->empty()) return claimed;
  return ClaimFrom(ClaimMark::kFront, library_ids, most);
}

absl::StatusOr<std::vector<ClaimedJob>> PgJobQueue::ClaimFrom(
    std::int64_t from, absl::Span<const std::int64_t> library_ids, int most) {
  // Of the look alone: what a commit takes says nothing about the queue's front.
  absl::Duration begin = absl::ZeroDuration();
  absl::Duration end = absl::ZeroDuration();
  std::optional<std::int64_t> first;
  auto claimed = Take([&](pqxx::work& tx) {
    begin = MonotonicNow();
    pqxx::result rows = tx.exec_prepared(kClaim.name, replica_id_, PgArray(library_ids), most, from);
    end = MonotonicNow();
    first.reset();
    for (const pqxx::row row : rows) {
      const auto key = row[9].as<std::int64_t>();
      first = std::min(first.value_or(key), key);
    }
    if (!rows.empty()) HESTIA_CRASH_POINT("claim.before_commit");
    return rows;
  });
  if (claimed.ok()) {
    absl::MutexLock lock(&mu_);
    mark_.Looked(from, first, begin, end);
  }
  return claimed;
}

absl::StatusOr<std::vector<ClaimedJob>> PgJobQueue::Take(
    absl::FunctionRef<pqxx::result(pqxx::work&)> claim) {
  std::vector<ClaimedJob> jobs;
  const absl::Status taken = pool_.Transact([&](pqxx::work& tx) -> absl::Status {
    jobs.clear();
    std::vector<std::pair<std::int64_t, ClaimedJob>> ordered;
    for (const pqxx::row row : claim(tx)) {
      ordered.emplace_back(row[9].as<std::int64_t>(), ToClaimedJob(row));
    }
    // RETURNING promises no order.
    std::stable_sort(ordered.begin(), ordered.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [key, job] : ordered) jobs.push_back(std::move(job));
    return absl::OkStatus();
  });
  if (taken.ok()) return jobs;
  // No COMMIT goes out before all rows are here, so these are all that can have been claimed.
  doubtful_ = std::move(jobs);
  // The next claim may be long in coming (a drain); should this fail, it tries again.
  UndoDoubtful().IgnoreError();
  return taken;
}

absl::Status PgJobQueue::UndoDoubtful() {
  if (doubtful_.empty()) return absl::OkStatus();
  std::vector<std::int64_t> files;
  std::vector<std::int64_t> tokens;
  for (const ClaimedJob& job : doubtful_) {
    files.push_back(job.file_id);
    tokens.push_back(job.token);
  }
  std::size_t undone = 0;
  const absl::Status status = pool_.Transact([&](pqxx::work& tx) -> absl::Status {
    tx.exec_prepared(kLockFiles.name, PgArray(files));
    tx.exec_prepared(kLockJobs.name, PgArray(files));
    undone = tx.exec_prepared(kUndoClaims.name, PgArray(tokens)).affected_rows();
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  doubtful_.clear();
  if (undone > 0) announce_(true, false);
  return absl::OkStatus();
}

std::int64_t PgJobQueue::MarkToClaimFrom(absl::Duration now) {
  absl::MutexLock lock(&mu_);
  return mark_.From(now);
}

absl::StatusOr<bool> PgJobQueue::SuspectsWait(absl::Span<const std::int64_t> library_ids) {
  return pool_.Read([&](pqxx::nontransaction& tx) -> absl::StatusOr<bool> {
    return tx.exec_prepared1(kSuspectsWait.name, PgArray(library_ids))[0].as<bool>();
  });
}

absl::StatusOr<std::optional<ClaimedJob>> PgJobQueue::ClaimSuspect(
    absl::Span<const std::int64_t> library_ids) {
  absl::MutexLock lock(&claim_mu_);
  if (absl::Status undone = UndoDoubtful(); !undone.ok()) return undone;
  absl::StatusOr<std::vector<ClaimedJob>> claimed = Take([&](pqxx::work& tx) {
    return tx.exec_prepared(kClaimSuspect.name, replica_id_, PgArray(library_ids));
  });
  if (!claimed.ok()) return claimed.status();
  if (claimed->empty()) return std::optional<ClaimedJob>();
  return std::optional<ClaimedJob>(std::move(claimed->front()));
}

absl::StatusOr<ContentStanding> PgJobQueue::LookUp(const ContentKey& content) {
  Question mine{.content = &content};
  std::vector<Question*> questions;
  {
    absl::MutexLock lock(&mu_);
    questions_.push_back(&mine);
    const auto turn = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return mine.answered || !asking_; };
    mu_.Await(absl::Condition(&turn));
    if (mine.answered) return std::move(mine.answer);
    asking_ = true;
    questions.swap(questions_);
  }
  Ask(questions);
  absl::MutexLock lock(&mu_);
  for (Question* question : questions) question->answered = true;
  asking_ = false;
  return std::move(mine.answer);
}

void PgJobQueue::Ask(const std::vector<Question*>& questions) {
  PgByteaArray digests;
  std::vector<std::int64_t> sizes;
  for (const Question* question : questions) {
    const auto* const digest = reinterpret_cast<const char*>(question->content->digest.data());
    digests.Add(absl::string_view(digest, question->content->digest.size()));
    sizes.push_back(question->content->size_bytes);
  }
  std::vector<ContentStanding> standings;
  const absl::Status status = pool_.Read([&](pqxx::nontransaction& tx) -> absl::Status {
    standings.assign(questions.size(), ContentStanding{});
    for (const pqxx::row row : tx.exec_prepared(kLookUp.name, digests.Parameter(), PgArray(sizes),
                                                decoder_version_)) {
      absl::Status added = AddRow(row, standings[row[0].as<std::size_t>()]);
      if (!added.ok()) return added;
    }
    return absl::OkStatus();
  });
  for (std::size_t i = 0; i < questions.size(); ++i) {
    if (status.ok()) {
      SortLargestFirst(standings[i].missing);
      questions[i]->answer = std::move(standings[i]);
    } else {
      questions[i]->answer = status;
    }
  }
}

absl::StatusOr<std::vector<FinishEffect>> PgJobQueue::Finish(
    absl::Span<const JobResult> results) {
  auto effects = pool_.Transact([&](pqxx::work& tx) -> absl::StatusOr<std::vector<FinishEffect>> {
    return FinishBatch(tx, replica_id_, decoder_version_, results).Run();
  });
  if (!effects.ok()) return effects;
  HESTIA_CRASH_POINT("finish.committed");
  const bool requeued =
      std::find(effects->begin(), effects->end(), FinishEffect::kRequeued) != effects->end();
  announce_(requeued, true);
  return effects;
}

absl::Status PgJobQueue::Release(absl::Span<const JobRetry> retries) {
  const absl::Status released = pool_.Transact([&](pqxx::work& tx) -> absl::Status {
    for (const JobRetry& retry : retries) {
      tx.exec_prepared(kRelease.name, retry.job.file_id, retry.job.token, retry.charge ? 1 : 0,
                       absl::ToDoubleSeconds(retry.delay), PgText(retry.error));
    }
    return absl::OkStatus();
  });
  if (released.ok()) announce_(true, false);
  return released;
}

}  // namespace hestia
