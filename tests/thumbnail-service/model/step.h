#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_MODEL_STEP_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_MODEL_STEP_H_

#include <cstdint>
#include <string>

#include <absl/functional/function_ref.h>

#include "thumbnail-service/model/rules.h"
#include "thumbnail-service/model/state.h"

namespace hestia::model {

// What happened between one state and the next.
enum class Act : std::uint8_t {
  // The disk and its watcher.
  kRewrite, kRewriteUnderOldStamp, kRemove, kReturn, kNotice, kRescan, kLoseHistory,
  // Who ingests: IngestLead::Compete, PgReplicaRegistry::TryLease.
  kExpire, kTakeLease, kRenewLease, kLearnLoss, kCrashReplica,
  // What is ingested: Ingestor, PgIngestStore.
  kResume, kResumeRefused, kBuild, kStore, kStoreUnanswered, kStoreLate, kStoreRefused,
  kCommitLate, kAbortLate, kLoseStream,
  // The queue and its workers: WorkerPool, PgJobQueue.
  kClaim, kClaimUnanswered, kRead, kReadRefused, kRender, kTrouble, kFinish, kFinishUnanswered,
  kFinishStale, kForgetResult, kEndJob, kRelease, kReleaseUnanswered, kKeepInMemory, kPutBack,
  kStop, kGiveUpStoring, kLeave, kCrashWorker,
  // Upkeep: PgReplicaRegistry::RescueDead, CollectRemoved; and time.
  kRescue, kRescueLiving, kFallDue, kCollect,
};

struct Step {
  Act act{};
  std::uint8_t actor = 0;   // replica or worker
  std::uint8_t path = 0;
  std::uint8_t detail = 0;  // kBuild, kStore…: FrameKind; kCollect: the content
};

// "worker 1 claims the job of file a".
std::string Sentence(const Step& step);

// A way on from a state. `fault`: it need not happen, and does not once all is well.
// `broken`: the property that the step itself breaks.
struct Successor {
  State state;
  Step step;
  bool fault = false;
  Property broken = Property::kNone;
};
using Emit = absl::FunctionRef<void(const Successor&)>;

// All that may happen next, each transaction one step.
void DiskSteps(const State& from, const Rules& rules, const Bounds& bounds, Emit emit);
void IngestSteps(const State& from, const Rules& rules, const Bounds& bounds, Emit emit);
void WorkerSteps(const State& from, const Rules& rules, const Bounds& bounds, Emit emit);
void UpkeepSteps(const State& from, const Rules& rules, const Bounds& bounds, Emit emit);

}  // namespace hestia::model

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_MODEL_STEP_H_
