#include "thumbnail-service/model/step.h"
#include "thumbnail-service/model/transactions.h"

namespace hestia::model {
namespace {

// kRescue: for want of a heartbeat, or past the claim's deadline. That the worker lives and
// still has the job in hand is what makes a zombie of it.
void Rescue(const State& from, const Rules& rules, int path, Emit emit) {
  const JobRow& job = from.tables.jobs[path];
  if (job.claimed == 0) return;
  const Worker& worker = from.workers[job.by];
  const bool in_hand = worker.token == job.token;
  if (!in_hand && !rules.Keep(Rule::kClaimsAreRescued)) return;
  if (in_hand && from.allowed.false_rescues == 0) return;
  Successor to{.state = from,
               .step = {in_hand ? Act::kRescueLiving : Act::kRescue, 0, static_cast<Small>(path)},
               .fault = in_hand};
  if (in_hand) --to.state.allowed.false_rescues;
  JobRow& rescued = to.state.tables.jobs[path];
  Unclaim(rescued);
  rescued.delayed = 0;
  if (!rules.Keep(Rule::kClaimTakesFreshToken)) rescued.token = job.token;
  emit(to);
}

// kCollect, of a content whose removed identities are past their grace.
void Collect(const State& from, const Rules& rules, int path, int content, Emit emit) {
  if (!HasThumbnails(from.tables, path, content)) return;
  const bool referenced = from.tables.files[path].content == content;
  if (referenced && rules.Keep(Rule::kCollectionSparesReferenced)) return;
  Successor to{.state = from,
               .step = {Act::kCollect, 0, static_cast<Small>(path), static_cast<Small>(content)},
               .fault = true};
  --to.state.allowed.collections;
  Tables& tables = to.state.tables;
  tables.thumbnails[path] &= static_cast<Small>(~(1 << (content - 1)));
  tables.identities[path] &= static_cast<Small>(~IdentityBit(1, content));
  if (content == 2) tables.identities[path] &= static_cast<Small>(~IdentityBit(2, 2));
  emit(to);
}

}  // namespace

void UpkeepSteps(const State& from, const Rules& rules, const Bounds& bounds, Emit emit) {
  for (int p = 0; p < bounds.paths; ++p) {
    const bool locked = from.late != 0 && Locks(from.late_effect, p);
    if (!locked) Rescue(from, rules, p, emit);
    if (from.tables.jobs[p].delayed != 0) {
      Successor to{.state = from, .step = {Act::kFallDue, 0, static_cast<Small>(p)}};
      to.state.tables.jobs[p].delayed = 0;
      emit(to);
    }
    for (int content = 1; content <= 2 && from.allowed.collections > 0 && !locked; ++content) {
      Collect(from, rules, p, content, emit);
    }
  }
}

}  // namespace hestia::model
