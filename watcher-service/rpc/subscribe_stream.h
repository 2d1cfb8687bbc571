#ifndef HESTIA_WATCHER_SERVICE_RPC_SUBSCRIBE_STREAM_H_
#define HESTIA_WATCHER_SERVICE_RPC_SUBSCRIBE_STREAM_H_

#include <functional>
#include <memory>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "hestia/watcher/v1/watcher.pb.h"
#include "watcher-service/rpc/feed_stream.h"

namespace hestia {

// One Subscribe call. A thread calls Run() and may delete it afterwards; gRPC is done with
// it by then. One read and one write are in flight at most.
class SubscribeStream final
    : public grpc::ServerBidiReactor<watcher::v1::SubscribeRequest, watcher::v1::SubscribeResponse>,
      private FrameSink {
 public:
  // Finds the library a client asks for; called in a reaction, so it must not block.
  using FindLibrary =
      std::function<absl::StatusOr<std::shared_ptr<LibraryWatch>>(absl::string_view name)>;

  SubscribeStream(grpc::CallbackServerContext& context, FeedStream::Terms terms, FindLibrary find);

  void Run() { stream_.Run(); }

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override { stream_.WriteDone(ok); }
  void OnCancel() override;
  void OnDone() override { stream_.Done(); }

 private:
  absl::Status Take(const watcher::v1::SubscribeRequest& request);
  absl::Status Open(const watcher::v1::SubscribeRequest::Open& open);
  void Write(Frame frame, std::uint64_t number) override;
  void Finish(const absl::Status& status) override;
  void TryCancel() override { context_.TryCancel(); }

  grpc::CallbackServerContext& context_;
  const FindLibrary find_;
  bool opened_ = false;                      // reactions only
  watcher::v1::SubscribeRequest request_;    // gRPC's while a read is in flight
  watcher::v1::SubscribeResponse response_;  // gRPC's while a write is in flight
  FeedStream stream_;
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_RPC_SUBSCRIBE_STREAM_H_
