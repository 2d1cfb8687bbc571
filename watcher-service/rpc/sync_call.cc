#include "watcher-service/rpc/sync_call.h"

#include <utility>

#include "common/grpc_status.h"
#include "watcher-service/rpc/proto_conversion.h"

namespace hestia {

SyncCall* SyncCall::Begin(const std::shared_ptr<LibraryWatch>& library,
                          watcher::v1::SyncResponse* response) {
  auto* const call = new SyncCall(response);
  const std::shared_ptr<Claim> claim = call->claim_;
  {
    absl::MutexLock lock(&claim->mu);
    claim->call = call;
  }
  library->Sync([claim](const absl::StatusOr<SyncResult>& result) {
    SyncCall* const taken = Take(*claim);
    if (taken == nullptr) return;
    if (result.ok()) {
      ToProto(result->cursor, *taken->response_->mutable_cursor());
      taken->response_->set_settling_files(result->settling_files);
    }
    taken->Finish(ToGrpc(result.status()));
  });
  return call;
}

void SyncCall::OnCancel() {
  SyncCall* const taken = Take(*claim_);
  if (taken != nullptr) taken->Finish(ToGrpc(absl::CancelledError("the caller went away")));
}

SyncCall* SyncCall::Take(Claim& claim) {
  absl::MutexLock lock(&claim.mu);
  return std::exchange(claim.call, nullptr);
}

}  // namespace hestia
