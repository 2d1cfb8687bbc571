#include "thumbnail-service/model/step.h"
#include "thumbnail-service/model/transactions.h"

namespace hestia::model {
namespace {

Small Phase(WorkerPhase phase) { return static_cast<Small>(phase); }

// Done with its job; whether it is told to stop stays.
void PutDown(Worker& worker) { worker = {.stopping = worker.stopping}; }

// One worker's steps from one state.
class OneWorker {
 public:
  OneWorker(const State& from, const Rules& rules, const Bounds& bounds, int worker, Emit emit)
      : from_(from), rules_(rules), bounds_(bounds), worker_(worker), emit_(emit) {}

  void All() {
    const auto phase = static_cast<WorkerPhase>(me().phase);
    if (phase == WorkerPhase::kOut) return;
    CrashOrStop();
    // A transaction of ingest that is still open holds the file's row.
    if (phase != WorkerPhase::kIdle && from_.late != 0 && Locks(from_.late_effect, me().path)) {
      return;
    }
    switch (phase) {
      case WorkerPhase::kIdle:
        return me().stopping != 0 ? Leave() : Claim();
      case WorkerPhase::kClaimed:
        return me().stopping != 0 ? GiveBackUnbegun() : Read();
      case WorkerPhase::kRead:
        return Render();
      case WorkerPhase::kRendered:
        return StoreResult();
      case WorkerPhase::kGivingBack:
        return Release();
      case WorkerPhase::kEnding:
        return EndJob();
      case WorkerPhase::kWaiting:
        return PutBack();
      case WorkerPhase::kOut:
        return;
    }
  }

 private:
  const Worker& me() const { return from_.workers[worker_]; }
  Worker& Me(Successor& to) const { return to.state.workers[worker_]; }
  Successor Next(Act act) const {
    return {.state = from_, .step = {act, static_cast<Small>(worker_), me().path, 0}};
  }
  void Move(Act act, WorkerPhase phase) const {
    Successor to = Next(act);
    Me(to).phase = Phase(phase);
    emit_(to);
  }
  bool Holds(const JobRow& job) const { return job.claimed != 0 && job.token == me().token; }

  void CrashOrStop() const {
    if (from_.allowed.worker_crashes > 0) {
      Successor to = Next(Act::kCrashWorker);
      to.fault = true;
      --to.state.allowed.worker_crashes;
      Me(to) = {.phase = Phase(WorkerPhase::kOut)};
      emit_(to);
    }
    if (from_.allowed.worker_stops > 0 && me().stopping == 0) {
      Successor to = Next(Act::kStop);
      to.fault = true;
      --to.state.allowed.worker_stops;
      Me(to).stopping = 1;
      emit_(to);
    }
    if (me().stopping != 0 && me().phase != Phase(WorkerPhase::kIdle)) {
      Successor to = Next(Act::kGiveUpStoring);
      to.fault = true;
      PutDown(Me(to));
      emit_(to);
    }
  }

  void Claim() const {
    for (int p = 0; p < bounds_.paths; ++p) {
      const JobRow& job = from_.tables.jobs[p];
      if (job.exists == 0 || job.claimed != 0 || job.delayed != 0) continue;
      if (from_.late != 0 && Locks(from_.late_effect, p)) continue;  // SKIP LOCKED
      Successor to = Next(Act::kClaim);
      to.step.path = static_cast<Small>(p);
      JobRow& claimed = to.state.tables.jobs[p];
      claimed.claimed = 1;
      claimed.by = static_cast<Small>(worker_);
      claimed.claimed_version = claimed.wanted;
      // A token that outlived its claim is there only without kClaimTakesFreshToken.
      if (claimed.token == 0) claimed.token = FreshToken();
      Successor unanswered = to;
      const FileRow& row = from_.tables.files[p];
      Me(to) = {.phase = Phase(WorkerPhase::kClaimed),
                .path = static_cast<Small>(p),
                .id = row.id,
                .token = claimed.token,
                .version = claimed.claimed_version,
                .stamp = row.stamp};
      emit_(to);
      if (from_.allowed.lost_claims == 0) continue;
      unanswered.step.act = Act::kClaimUnanswered;
      unanswered.fault = true;
      --unanswered.state.allowed.lost_claims;
      unanswered.state.tables.jobs[p].answer_lost = 1;
      emit_(unanswered);
    }
  }

  Small FreshToken() const {
    for (Small token = 1;; ++token) {
      bool used = false;
      for (const JobRow& job : from_.tables.jobs) used |= job.token == token;
      for (const Worker& worker : from_.workers) used |= worker.token == token;
      if (!used) return token;
    }
  }

  // ReadSource: one look, since what changes meanwhile is found out and handed back.
  void Read() const {
    const DiskFile& file = from_.disk[me().path];
    if (file.present == 0 || file.stamp != me().stamp) {
      return Move(Act::kReadRefused, WorkerPhase::kGivingBack);
    }
    Successor to = Next(Act::kRead);
    Me(to).phase = Phase(WorkerPhase::kRead);
    Me(to).content = file.content;
    emit_(to);
    Trouble();
  }

  void Trouble() const {
    if (from_.allowed.troubles == 0) return;
    Successor to = Next(Act::kTrouble);
    to.fault = true;
    --to.state.allowed.troubles;
    Me(to).phase = Phase(WorkerPhase::kGivingBack);
    Me(to).content = 0;
    emit_(to);
  }

  // JobQueue::LookUp, and the render of what it finds missing.
  void Render() const {
    Successor to = Next(Act::kRender);
    Me(to).phase = Phase(WorkerPhase::kRendered);
    Me(to).carries = HasThumbnails(from_.tables, me().path, me().content) ? 0 : 1;
    emit_(to);
    Trouble();
    if (me().stopping != 0) Move(Act::kTrouble, WorkerPhase::kGivingBack);
  }

  void StoreResult() const {
    Successor to = Next(Act::kFinish);
    const Finished finished = Finish(me(), rules_, to.state.tables);
    to.broken = finished.broken;
    if (from_.tables.files[me().path].id == 0 && to.state.tables.files[me().path].id != 0) {
      to.broken = Property::kNotResurrected;
    }
    if (finished.stale) to.step.act = Act::kFinishStale;
    Successor unanswered = to;
    const bool job_left = !rules_.Keep(Rule::kResultEndsItsJob) && !finished.stale &&
                          Holds(to.state.tables.jobs[me().path]);
    if (job_left) {
      Me(to).phase = Phase(WorkerPhase::kEnding);
    } else {
      PutDown(Me(to));
    }
    emit_(to);
    if (bounds_.unanswered_commits && !finished.stale) {
      unanswered.step.act = Act::kFinishUnanswered;
      unanswered.fault = true;
      emit_(unanswered);
    }
    if (!bounds_.unanswered_commits || rules_.Keep(Rule::kFinishIsRepeated)) return;
    Successor forgetful = Next(Act::kForgetResult);
    forgetful.fault = true;
    PutDown(Me(forgetful));
    emit_(forgetful);
  }

  void EndJob() const {
    Successor to = Next(Act::kEndJob);
    JobRow& job = to.state.tables.jobs[me().path];
    if (Holds(job)) job = {};
    PutDown(Me(to));
    emit_(to);
  }

  void GiveBackUnbegun() const {
    if (rules_.Keep(Rule::kStopHandsBack)) return Release();
    Successor to = Next(Act::kGiveUpStoring);
    PutDown(Me(to));
    emit_(to);
  }

  // kRelease.
  void Release() const {
    Successor to = Next(Act::kRelease);
    JobRow& job = to.state.tables.jobs[me().path];
    const bool held = from_.tables.files[me().path].id == me().id && Holds(job);
    if (held && !rules_.Keep(Rule::kRetryStaysARow)) {
      to.step.act = Act::kKeepInMemory;
      job = {};
      Me(to).phase = Phase(WorkerPhase::kWaiting);
      emit_(to);
      return;
    }
    if (held) {
      job.delayed = job.wanted == job.claimed_version ? 1 : 0;
      Unclaim(job);
    }
    Successor unanswered = to;
    PutDown(Me(to));
    emit_(to);
    if (!bounds_.unanswered_commits || !held) return;
    unanswered.step.act = Act::kReleaseUnanswered;
    unanswered.fault = true;
    emit_(unanswered);
  }

  void PutBack() const {
    Successor to = Next(Act::kPutBack);
    JobRow& job = to.state.tables.jobs[me().path];
    const FileRow& row = to.state.tables.files[me().path];
    if (row.id == me().id && job.exists == 0) job = {.exists = 1, .wanted = row.version};
    PutDown(Me(to));
    emit_(to);
  }

  // PgReplicaRegistry::Leave.
  void Leave() const {
    Successor to = Next(Act::kLeave);
    for (JobRow& job : to.state.tables.jobs) {
      const bool mine = job.claimed != 0 && job.by == worker_;
      if (mine && rules_.Keep(Rule::kStopHandsBack)) Unclaim(job);
    }
    Me(to) = {.phase = Phase(WorkerPhase::kOut), .left = 1};
    emit_(to);
  }

  const State& from_;
  const Rules& rules_;
  const Bounds& bounds_;
  const int worker_;
  Emit emit_;
};

}  // namespace

void WorkerSteps(const State& from, const Rules& rules, const Bounds& bounds, Emit emit) {
  for (int w = 0; w < bounds.workers; ++w) OneWorker(from, rules, bounds, w, emit).All();
}

}  // namespace hestia::model
