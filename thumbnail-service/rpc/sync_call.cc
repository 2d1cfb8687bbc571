// ThumbnailService::Sync, the call that waits for ingest and rendering to catch up.
#include <algorithm>
#include <optional>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "common/error_reason.h"
#include "common/grpc_status.h"
#include "common/monotonic_clock.h"
#include "thumbnail-service/rpc/call_checks.h"
#include "thumbnail-service/rpc/thumbnail_service.h"

namespace hestia {

namespace v1 = thumbnail::v1;

namespace {
// A point of another epoch may only mean that ingest has not met the new epoch yet; asking the
// watcher again is due only if that lasts. A watcher that is away is asked again as often.
constexpr absl::Duration kAskAgainAfter = absl::Seconds(1);
// The pool's threads are few, and a stop waits for them: none asks longer at a time.
constexpr absl::Duration kLongestAsk = absl::Seconds(2);

absl::Time DeadlineOf(const grpc::CallbackServerContext& context) {
  const std::chrono::system_clock::time_point deadline = context.deadline();
  return deadline == std::chrono::system_clock::time_point::max() ? absl::InfiniteFuture()
                                                                  : absl::FromChrono(deadline);
}
}  // namespace

struct ThumbnailService::SyncCall {
  // gRPC's until the call is answered: only whoever may answer touches them. A question to the
  // watcher may still be under way then, so it uses the copies below.
  grpc::CallbackServerContext* context;
  v1::SyncResponse* response;
  grpc::ServerUnaryReactor* reactor;
  const std::string library;
  const absl::Time deadline;

  absl::Mutex mu;
  std::optional<SyncPoint> point ABSL_GUARDED_BY(mu);
  absl::Duration asked_at ABSL_GUARDED_BY(mu);
  bool asking ABSL_GUARDED_BY(mu) = false;
  absl::Status refusal ABSL_GUARDED_BY(mu);  // what the watcher said, if it is final

  SyncCall(grpc::CallbackServerContext* c, const v1::SyncRequest& q, v1::SyncResponse* r)
      : context(c),
        response(r),
        reactor(c->DefaultReactor()),
        library(q.library()),
        deadline(DeadlineOf(*c)) {}

  void Finish(const absl::Status& status) { reactor->Finish(ToGrpc(status)); }
};

grpc::ServerUnaryReactor* ThumbnailService::Sync(grpc::CallbackServerContext* context,
                                                 const v1::SyncRequest* request,
                                                 v1::SyncResponse* response) {
  auto call = std::make_shared<SyncCall>(context, *request, response);
  const bool accepted = sync_pool_.TryRun([this, call] {
    if (const absl::Status status = BeginSync(call); !status.ok()) call->Finish(status);
  });
  if (!accepted) call->Finish(Busy());
  return call->reactor;
}

absl::Status ThumbnailService::BeginSync(const std::shared_ptr<SyncCall>& call) {
  if (absl::Status status = CheckLibraryNamed(call->library); !status.ok()) {
    return status;
  }
  if (absl::Status status = AskSyncPoint(*call); !status.ok()) return status;
  const bool added = waiting_.Add(
      Waiter{.deadline = call->deadline,
             .cancelled = [call] { return call->context->IsCancelled(); },
             .try_finish =
                 [this, call] {
                   if (AnswerSync(*call)) return true;
                   AskAgainWhenDue(call);
                   return false;
                 },
             .abandon = [call](const absl::Status& why) { call->Finish(why); }});
  return added ? absl::OkStatus() : Busy();
}

void ThumbnailService::AskAgainWhenDue(const std::shared_ptr<SyncCall>& call) {
  absl::MutexLock lock(&call->mu);
  if (call->asking || MonotonicNow() - call->asked_at < kAskAgainAfter) return;
  // When the pool is full the next look tries again.
  call->asking = sync_pool_.TryRun([this, call] { AskSyncPoint(*call).IgnoreError(); });
}

// Only a final answer is an error: a watcher that is away or starting is asked again.
absl::Status ThumbnailService::AskSyncPoint(SyncCall& call) {
  if (stopping_) return Stopping();
  const absl::Duration left = std::min(call.deadline - absl::Now(), kLongestAsk);
  const absl::StatusOr<SyncPoint> point = feed_.Sync(call.library, left);
  absl::MutexLock lock(&call.mu);
  call.asking = false;
  call.asked_at = MonotonicNow();
  if (point.ok()) call.point = *point;
  if (absl::IsNotFound(point.status()) || absl::IsFailedPrecondition(point.status())) {
    call.refusal = point.status();
  }
  return call.refusal;
}

// Answers when the point is reached. A later point is as good as the first one: it covers what
// that covered, so a changed epoch only means to wait for another point.
bool ThumbnailService::AnswerSync(SyncCall& call) {
  SyncPoint point;
  {
    absl::MutexLock lock(&call.mu);
    if (!call.refusal.ok()) {
      call.Finish(call.refusal);
      return true;
    }
    if (!call.point.has_value()) return false;
    point = *call.point;
  }
  const absl::StatusOr<std::int64_t> library = catalog_.FindLibrary(call.library);
  // The watcher knows it, so it will be registered within a beat.
  if (!library.ok()) return false;
  const absl::StatusOr<SyncStanding> standing = catalog_.Standing(*library, point.cursor);
  if (standing.ok() && standing->paused && standing->work_left) {
    call.Finish(WithReason(
        absl::FailedPreconditionError("work is left, and it is paused; call Resume"), "PAUSED"));
    return true;
  }
  if (standing.ok() && standing->removals_held && standing->reached) {
    call.Finish(WithReason(
        absl::FailedPreconditionError(
            "a listing missed very many files, so their rows were left; see that the folder is "
            "whole, or call ConfirmRemovals if they are really gone"),
        "REMOVALS_HELD"));
    return true;
  }
  if (!standing.ok() || !standing->reached) {
    absl::MutexLock lock(&call.mu);
    // Only another epoch makes asking again worthwhile.
    if (standing.ok() && standing->same_epoch) call.asked_at = MonotonicNow();
    return false;
  }
  call.response->set_settling_files(point.settling_files);
  call.Finish(absl::OkStatus());
  return true;
}

}  // namespace hestia
