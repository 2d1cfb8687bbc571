#include <filesystem>
#include <string>
#include <system_error>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "common/error_reason.h"
#include "tests/watcher-service/rpc/relay.h"
#include "tests/watcher-service/rpc/served_watcher.h"

namespace hestia {
namespace {

// Subscribers that take a place and then nothing.
class VanishedClientTest : public ServedWatcherTest {
 protected:
  int Port() const {
    int port = 0;
    EXPECT_TRUE(
        absl::SimpleAtoi(server_->address().substr(server_->address().rfind(':') + 1), &port));
    return port;
  }
  // Descriptors of this process that lead into the library.
  int OpenInLibrary() const {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
      if (target.rfind(folder_.path(), 0) == 0) ++count;
    }
    return count;
  }
};

TEST_F(VanishedClientTest, AHostThatVanishedGivesItsPlaceBack) {
  keepalive_ = absl::Milliseconds(300);
  Serve({.max_streams = 1});
  Relay relay(Port());
  const auto far = watcher::v1::WatcherService::NewStub(GrpcClientChannel(relay.address()));
  grpc::ClientContext context;
  const auto stream = far->Subscribe(&context);
  Open(*stream, 10);
  watcher::v1::SubscribeResponse frame;
  ASSERT_TRUE(stream->Read(&frame));
  relay.GoDead();
  // Others are refused until the server finds out, and then no longer. Nothing else would end the
  // stream: all that it was sent may still be on its way, and it owes no acknowledgement for 60 s.
  while (true) {
    grpc::ClientContext other_context;
    watcher::v1::WatchRequest request;
    request.set_library("photos");
    const auto other = stub_->Watch(&other_context, request);
    watcher::v1::WatchResponse response;
    if (other->Read(&response)) {
      other_context.TryCancel();
      break;
    }
    ASSERT_EQ(ReasonOf(FromGrpc(other->Finish())), "TOO_MANY_STREAMS");
  }
  context.TryCancel();
}

TEST_F(VanishedClientTest, AListingWithoutCreditsHoldsNoDirectoryOpenAndGoesOnLater) {
  std::string path;
  for (int depth = 0; depth < 30; ++depth) {
    absl::StrAppend(&path, depth == 0 ? "" : "/", "d");
    folder_.MakeDirs(path);
    for (int i = 0; i < 20; ++i) folder_.Write(absl::StrCat(path, "/z", i), "");
  }
  Serve();
  grpc::ClientContext context;
  const auto stream = stub_->Subscribe(&context);
  Open(*stream, 2);
  Mirror mirror;
  watcher::v1::SubscribeResponse frame;
  // The beginning, files from the deepest directories, and then signs of life only.
  for (int bookmarks = 0; bookmarks < 2;) {
    ASSERT_TRUE(stream->Read(&frame));
    mirror.Apply(FrameFrom(frame));
    if (frame.has_bookmark()) ++bookmarks;
  }
  EXPECT_TRUE(mirror.ends().empty());
  EXPECT_EQ(OpenInLibrary(), 0);
  AckAndGrant(*stream, 2, 10);
  ASSERT_TRUE(ReadTo(*stream, mirror, Sync()));
  EXPECT_EQ(mirror.files().size(), 600U);
  EXPECT_TRUE(mirror.ends().front().complete);
  context.TryCancel();
}

}  // namespace
}  // namespace hestia
