#ifndef HESTIA_WATCHER_SERVICE_RPC_WATCH_STREAM_H_
#define HESTIA_WATCHER_SERVICE_RPC_WATCH_STREAM_H_

#include <memory>
#include <optional>

#include <absl/status/status.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "hestia/watcher/v1/watcher.pb.h"
#include "watcher-service/rpc/feed_stream.h"

namespace hestia {

// One Watch call. A thread calls Run() and may delete it afterwards; gRPC is done with it
// by then.
class WatchStream final : public grpc::ServerWriteReactor<watcher::v1::WatchResponse>,
                          private FrameSink {
 public:
  WatchStream(grpc::CallbackServerContext& context, FeedStream::Terms terms,
              std::shared_ptr<LibraryWatch> library, std::optional<Cursor> cursor);

  void Run() { stream_.Run(); }

  void OnWriteDone(bool ok) override { stream_.WriteDone(ok); }
  void OnCancel() override;
  void OnDone() override { stream_.Done(); }

 private:
  void Write(Frame frame, std::uint64_t number) override;
  void Finish(const absl::Status& status) override;
  void TryCancel() override { context_.TryCancel(); }

  grpc::CallbackServerContext& context_;
  watcher::v1::WatchResponse response_;  // gRPC's while a write is in flight
  FeedStream stream_;
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_RPC_WATCH_STREAM_H_
