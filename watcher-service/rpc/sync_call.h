#ifndef HESTIA_WATCHER_SERVICE_RPC_SYNC_CALL_H_
#define HESTIA_WATCHER_SERVICE_RPC_SYNC_CALL_H_

#include <memory>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <grpcpp/support/server_callback.h>

#include "hestia/watcher/v1/watcher.pb.h"
#include "watcher-service/watch/library_watch.h"

namespace hestia {

// One Sync call: holds no thread while it waits, and ends at once when its caller goes away
// or its deadline passes. Deletes itself in OnDone.
class SyncCall final : public grpc::ServerUnaryReactor {
 public:
  // `response` is gRPC's.
  static SyncCall* Begin(const std::shared_ptr<LibraryWatch>& library,
                         watcher::v1::SyncResponse* response);

  void OnCancel() override;
  void OnDone() override { delete this; }

 private:
  // Outlives the call when the watch answers late; whoever takes `call` finishes it.
  struct Claim {
    absl::Mutex mu;
    SyncCall* call ABSL_GUARDED_BY(mu) = nullptr;
  };

  explicit SyncCall(watcher::v1::SyncResponse* response)
      : response_(response), claim_(std::make_shared<Claim>()) {}

  static SyncCall* Take(Claim& claim);

  watcher::v1::SyncResponse* const response_;
  const std::shared_ptr<Claim> claim_;
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_RPC_SYNC_CALL_H_
