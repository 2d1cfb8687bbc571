#ifndef HESTIA_TESTS_WATCHER_SERVICE_RPC_SERVED_WATCHER_H_
#define HESTIA_TESTS_WATCHER_SERVICE_RPC_SERVED_WATCHER_H_

#include <memory>
#include <string>

#include <absl/status/status.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include "common/grpc_server.h"
#include "common/grpc_status.h"
#include "hestia/watcher/v1/watcher.grpc.pb.h"
#include "tests/watcher-service/forced_mode.h"
#include "tests/watcher-service/mirror.h"
#include "tests/watcher-service/rpc/frame_from.h"
#include "tests/watcher-service/temp_folder.h"
#include "watcher-service/libraries/library_set.h"
#include "watcher-service/rpc/watcher_service.h"

namespace hestia {

// The service as a client sees it: a real server on a free port with one library, "photos".
class ServedWatcherTest : public testing::Test {
 protected:
  using Stub = watcher::v1::WatcherService::Stub;
  using SubscribeClient =
      grpc::ClientReaderWriter<watcher::v1::SubscribeRequest, watcher::v1::SubscribeResponse>;

  void Serve(ServiceOptions options = {}, WatchOptions watch = QuickOptions()) {
    libraries_ = std::make_unique<LibrarySet>(std::move(watch), LibraryStore(""), 10);
    ASSERT_TRUE(libraries_->Start({{"photos", folder_.path()}}).ok());
    ASSERT_TRUE(libraries_->AwaitFirstWalks());
    service_ = std::make_unique<WatcherService>(*libraries_, options);
    auto server = GrpcServer::Start("127.0.0.1:0", kWatcherServiceName, service_.get(),
                                    keepalive_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    stub_ = watcher::v1::WatcherService::NewStub(GrpcClientChannel(server_->address()));
  }

  void TearDown() override {
    if (server_ == nullptr) return;
    service_->RefuseStreams();
    libraries_->End(StoppingStatus());
    server_->Stop(absl::Seconds(3));
    service_->Stop();
  }

  static bool Polled() { return PollingIsForced(); }

  static WatchOptions QuickOptions() {
    WatchOptions options;
    if (Polled()) options.mode = WatchMode::kPoll;
    options.poll_interval = absl::Milliseconds(200);
    options.ignore = ParseIgnorePolicy("*.tmp,.*");
    options.timing.still = absl::Milliseconds(300);
    options.root_check_interval = absl::Milliseconds(20);
    return options;
  }

  Cursor Sync() {
    grpc::ClientContext context;
    watcher::v1::SyncRequest request;
    request.set_library("photos");
    watcher::v1::SyncResponse response;
    const grpc::Status status = stub_->Sync(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return {response.cursor().epoch(), response.cursor().sequence()};
  }

  // Opens "photos" with `credits`, from `cursor` on when given.
  static void Open(SubscribeClient& stream, std::uint32_t credits,
                   const std::optional<Cursor>& cursor = std::nullopt) {
    watcher::v1::SubscribeRequest request;
    request.mutable_open()->set_library("photos");
    if (cursor.has_value()) {
      request.mutable_open()->mutable_cursor()->set_epoch(cursor->epoch);
      request.mutable_open()->mutable_cursor()->set_sequence(cursor->sequence);
    }
    request.set_grant_credits(credits);
    ASSERT_TRUE(stream.Write(request));
  }

  static void AckAndGrant(SubscribeClient& stream, std::uint64_t frame, std::uint32_t credits) {
    watcher::v1::SubscribeRequest request;
    request.set_ack_frame_number(frame);
    request.set_grant_credits(credits);
    ASSERT_TRUE(stream.Write(request));
  }

  // Takes frames, a credit for each, until `mirror` has reached `goal`. False when the
  // stream ended before.
  static bool ReadTo(SubscribeClient& stream, Mirror& mirror, const Cursor& goal) {
    watcher::v1::SubscribeResponse response;
    while (!mirror.cursor().has_value() || mirror.cursor()->epoch != goal.epoch ||
           mirror.cursor()->sequence < goal.sequence) {
      if (!stream.Read(&response)) return false;
      mirror.Apply(FrameFrom(response));
      if (!response.has_bookmark()) AckAndGrant(stream, response.frame_number(), 1);
    }
    return true;
  }

  TempFolder folder_;
  absl::Duration keepalive_ = kKeepaliveInterval;
  std::unique_ptr<LibrarySet> libraries_;
  std::unique_ptr<WatcherService> service_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<Stub> stub_;
};

}  // namespace hestia

#endif  // HESTIA_TESTS_WATCHER_SERVICE_RPC_SERVED_WATCHER_H_
