#include "thumbnail-service/model/step.h"
#include "thumbnail-service/model/transactions.h"

namespace hestia::model {
namespace {

Small Kind(FrameKind kind) { return static_cast<Small>(kind); }
Small Phase(IngestorPhase phase) { return static_cast<Small>(phase); }
bool In(const Ingestor& ingestor, IngestorPhase phase) { return ingestor.phase == Phase(phase); }

// The stream is gone; the lease is believed to be held.
void Reopen(Ingestor& ingestor) {
  ingestor = {.phase = Phase(IngestorPhase::kLeased), .token = ingestor.token};
}

// One replica's steps from one state.
class ReplicaSteps {
 public:
  ReplicaSteps(const State& from, const Rules& rules, const Bounds& bounds, int replica, Emit emit)
      : from_(from), rules_(rules), bounds_(bounds), replica_(replica), emit_(emit) {}

  void All() {
    if (In(me(), IngestorPhase::kCrashed)) return;
    Compete();
    if (In(me(), IngestorPhase::kLeased)) Resume();
    if (In(me(), IngestorPhase::kStreaming)) Follow();
    if (from_.allowed.replica_crashes > 0) {
      Successor to = Next(Act::kCrashReplica);
      to.fault = true;
      --to.state.allowed.replica_crashes;
      to.state.ingestors[replica_] = {.phase = Phase(IngestorPhase::kCrashed)};
      emit_(to);
    }
  }

 private:
  const Ingestor& me() const { return from_.ingestors[replica_]; }
  Ingestor& Me(Successor& to) const { return to.state.ingestors[replica_]; }
  Successor Next(Act act) const {
    return {.state = from_,
            .step = {act, static_cast<Small>(replica_), me().frame.path, me().frame.kind}};
  }

  // The update of the lease's row waits for every transaction that holds it FOR SHARE.
  void Compete() {
    const Tables& tables = from_.tables;
    const bool mine = tables.lease_holder == replica_ + 1;
    if (mine && tables.lease_expired == 0) {
      if (In(me(), IngestorPhase::kIdle)) Restart(Next(Act::kRenewLease), tables.lease_token);
      return;
    }
    if (tables.lease_holder != 0 && tables.lease_expired == 0) {
      if (In(me(), IngestorPhase::kIdle)) return;
      Successor to = Next(Act::kLearnLoss);
      Me(to) = {};
      emit_(to);
      return;
    }
    if (from_.late != 0) return;
    Successor to = Next(mine ? Act::kRenewLease : Act::kTakeLease);
    to.state.tables.lease_expired = 0;
    if (mine) {
      if (In(me(), IngestorPhase::kIdle)) return Restart(to, tables.lease_token);
      emit_(to);
      return;
    }
    to.state.tables.lease_token = FreshToken();
    to.state.tables.lease_holder = static_cast<Small>(replica_ + 1);
    Restart(to, to.state.tables.lease_token);
  }

  void Restart(Successor to, Small token) const {
    Me(to) = {.phase = Phase(IngestorPhase::kLeased), .token = token};
    emit_(to);
  }

  Small FreshToken() const {
    const Small other = from_.ingestors[1 - replica_].token;
    Small token = 1;
    while (token == other || token == from_.tables.lease_token) ++token;
    return token;
  }

  void Resume() {
    if (me().token != from_.tables.lease_token) {
      Successor to = Next(Act::kResumeRefused);
      Me(to) = {};
      emit_(to);
      return;
    }
    const Effect effect = PlanResume(from_.tables, rules_);
    if (from_.late != 0 && (rules_.Keep(Rule::kResumeAwaitsOwnCommits) ||
                            Waits(effect, from_.late_effect))) {
      return;
    }
    Successor to = Next(Act::kResume);
    Commit(effect, rules_, false, {}, to.state.tables);
    Ingestor& ingestor = Me(to);
    ingestor.phase = Phase(IngestorPhase::kStreaming);
    ingestor.told_epoch = to.state.tables.cursor_epoch;
    ingestor.told_sequence = to.state.tables.cursor_sequence;
    emit_(to);
  }

  void Follow() {
    if (me().frame.kind == 0) {
      Build();
    } else if (me().token == from_.tables.lease_token || !rules_.Keep(Rule::kLeaseGuardsIngest)) {
      StoreFrame();
    } else {
      Successor to = Next(Act::kStoreRefused);
      Me(to) = {};
      emit_(to);
    }
    if (!bounds_.stream_losses) return;
    Successor to = Next(Act::kLoseStream);
    to.fault = true;
    Reopen(Me(to));
    emit_(to);
  }

  void Build();
  Frame ContinueListing(Ingestor& ingestor) const;
  Frame BeginListing(Ingestor& ingestor, Small epoch, Small sequence) const;
  void StoreFrame();
  void Advance(Ingestor& ingestor, bool put) const;

  const State& from_;
  const Rules& rules_;
  const Bounds& bounds_;
  const int replica_;
  Emit emit_;
};

// FrameBuilder::Next.
void ReplicaSteps::Build() {
  const Watcher& watcher = from_.watcher;
  Successor to = Next(Act::kBuild);
  Ingestor& ingestor = Me(to);
  Frame& frame = ingestor.frame;
  if (ingestor.listing != 0) {
    frame = ContinueListing(ingestor);
  } else if (ingestor.told_epoch != watcher.epoch) {
    frame = BeginListing(ingestor, watcher.epoch, watcher.head);
  } else {
    int soonest = -1;
    for (int p = 0; p < bounds_.paths; ++p) {
      if (watcher.mark[p] <= ingestor.told_sequence) continue;
      if (soonest < 0 || watcher.mark[p] < watcher.mark[soonest]) soonest = p;
    }
    const bool list = watcher.listing_mark > ingestor.told_sequence;
    if (soonest < 0 && !list) return;
    if (list && (soonest < 0 || watcher.listing_mark < watcher.mark[soonest])) {
      frame = BeginListing(ingestor, watcher.epoch, watcher.listing_mark);
    } else {
      const DiskFile& file = from_.disk[soonest];
      const bool rewritten = watcher.rewritten_at[soonest] > ingestor.told_sequence;
      frame = {.kind = Kind(FrameKind::kState), .path = static_cast<Small>(soonest),
               .epoch = watcher.epoch, .sequence = watcher.mark[soonest]};
      if (file.present != 0) {
        frame.present = 1;
        frame.stamp = file.stamp;
        frame.rewritten = rewritten ? 1 : 0;
      }
      ingestor.told_sequence = frame.sequence;
    }
  }
  to.step.path = frame.path;
  to.step.detail = frame.kind;
  emit_(to);
}

Frame ReplicaSteps::BeginListing(Ingestor& ingestor, Small epoch, Small sequence) const {
  ingestor.listing = 1;
  ingestor.next = 0;
  ingestor.end_epoch = epoch;
  ingestor.end_sequence = sequence;
  return {.kind = Kind(FrameKind::kBegin)};
}

Frame ReplicaSteps::ContinueListing(Ingestor& ingestor) const {
  const Small epoch = ingestor.end_epoch;
  const Small sequence = ingestor.end_sequence;
  const bool lost = epoch != from_.watcher.epoch;
  for (int p = ingestor.next; !lost && p < bounds_.paths; ++p) {
    const DiskFile& file = from_.disk[p];
    if (file.present == 0) continue;
    ingestor.next = static_cast<Small>(p + 1);
    const Small told = ingestor.told_epoch == epoch ? ingestor.told_sequence : 0;
    const bool rewritten = from_.watcher.rewritten_at[p] > told &&
                           rules_.Keep(Rule::kListingTellsClosedWrites);
    return {.kind = Kind(FrameKind::kEntry), .path = static_cast<Small>(p), .present = 1,
            .stamp = file.stamp, .rewritten = static_cast<Small>(rewritten ? 1 : 0)};
  }
  ingestor.listing = ingestor.next = ingestor.end_epoch = ingestor.end_sequence = 0;
  if (lost) return {.kind = Kind(FrameKind::kEndIncomplete)};
  ingestor.told_epoch = epoch;
  ingestor.told_sequence = sequence;
  return {.kind = Kind(FrameKind::kEnd), .epoch = epoch, .sequence = sequence};
}

// Ingestor::Apply, answered, unanswered or committed late.
void ReplicaSteps::StoreFrame() {
  const Frame& frame = me().frame;
  const bool inside =
      frame.kind == Kind(FrameKind::kBegin) || frame.kind == Kind(FrameKind::kEntry);
  Effect effect = PlanFrame(from_.tables, me(), rules_);
  const bool apart =
      frame.kind == Kind(FrameKind::kState) && !rules_.Keep(Rule::kCursorComesWithEffect);
  if (apart) effect = {.cursor = 1, .epoch = frame.epoch, .sequence = frame.sequence};
  if (inside && !rules_.Keep(Rule::kNoCursorInsideListing)) {
    effect.cursor = 1;
    effect.epoch = me().end_epoch;
    effect.sequence = me().end_sequence;
  }
  if (from_.late != 0 && Waits(effect, from_.late_effect)) return;
  for (const bool last : {false, true}) {
    if (last && effect.put == 0) break;
    Successor to = Next(Act::kStore);
    Commit(effect, rules_, last, RememberedBy(from_.workers), to.state.tables);
    const bool changed = !(to.state.tables == from_.tables);
    if (changed && me().token != from_.tables.lease_token) {
      to.broken = Property::kNoWriteByPastLease;
    } else if (inside && effect.cursor != 0) {
      to.broken = Property::kNoCursorInsideSnapshot;
    }
    Successor unanswered = to;
    if (apart) {
      Me(to).frame.kind = Kind(FrameKind::kStateAlone);
    } else {
      Advance(Me(to), effect.put != 0);
    }
    emit_(to);
    if (!bounds_.unanswered_commits || !changed) continue;
    unanswered.step.act = Act::kStoreUnanswered;
    unanswered.fault = true;
    Reopen(Me(unanswered));
    emit_(unanswered);
  }
  if (from_.allowed.late_commits == 0) return;
  Successor to = Next(Act::kStoreLate);
  to.fault = true;
  --to.state.allowed.late_commits;
  to.state.late = 1;
  to.state.late_effect = effect;
  Reopen(Me(to));
  emit_(to);
}

void ReplicaSteps::Advance(Ingestor& ingestor, bool put) const {
  const Frame frame = ingestor.frame;
  ingestor.frame = {};
  if (frame.kind == Kind(FrameKind::kEntry)) {
    ingestor.after = static_cast<Small>(frame.path + 1);
    if (put && !rules_.Keep(Rule::kEndRemovesOnlyTheUnlisted)) {
      ingestor.wrote |= static_cast<Small>(1 << frame.path);
    }
  } else if (frame.kind != Kind(FrameKind::kState)) {
    ingestor.after = 0;
    ingestor.wrote = 0;
  }
}

// A transaction that nobody waits for ends one way or the other.
void ResolveLate(const State& from, const Rules& rules, Emit emit) {
  for (const bool last : {false, true}) {
    if (last && from.late_effect.put == 0) break;
    Successor to{.state = from, .step = {Act::kCommitLate}};
    to.state.late = 0;
    to.state.late_effect = {};
    Commit(from.late_effect, rules, last, RememberedBy(from.workers), to.state.tables);
    emit(to);
  }
  Successor to{.state = from, .step = {Act::kAbortLate}};
  to.state.late = 0;
  to.state.late_effect = {};
  emit(to);
}

void Expire(const State& from, Emit emit) {
  const int holder = from.tables.lease_holder - 1;
  if (holder < 0 || from.tables.lease_expired != 0) return;
  const bool lives = !In(from.ingestors[holder], IngestorPhase::kCrashed);
  if (lives && from.allowed.expiries == 0) return;
  Successor to{.state = from, .step = {Act::kExpire, static_cast<Small>(holder)}, .fault = lives};
  if (lives) --to.state.allowed.expiries;
  to.state.tables.lease_expired = 1;
  emit(to);
}

}  // namespace

void IngestSteps(const State& from, const Rules& rules, const Bounds& bounds, Emit emit) {
  for (int r = 0; r < bounds.replicas; ++r) ReplicaSteps(from, rules, bounds, r, emit).All();
  Expire(from, emit);
  if (from.late != 0) ResolveLate(from, rules, emit);
}

}  // namespace hestia::model
