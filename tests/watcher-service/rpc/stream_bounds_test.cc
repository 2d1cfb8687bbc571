#include <unistd.h>

#include <cstdint>
#include <fstream>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "common/error_reason.h"
#include "tests/watcher-service/rpc/served_watcher.h"

namespace hestia {
namespace {

using testing::AnyOf;

// AddressSanitizer keeps freed memory, so what is resident says nothing there.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

class StreamBoundsTest : public ServedWatcherTest {
 protected:
  static std::uint64_t ResidentBytes() {
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  }
};

TEST_F(StreamBoundsTest, WithTenCreditsNoMoreThanTenFramesAreEverUnacknowledged) {
  for (int i = 0; i < 5000; ++i) folder_.Write(absl::StrCat("f", i), "");
  Serve();
  grpc::ClientContext context;
  const auto stream = stub_->Subscribe(&context);
  Open(*stream, 10);
  Mirror mirror;
  std::uint64_t acked = 0;
  std::uint64_t most = 0;
  watcher::v1::SubscribeResponse response;
  // Ten frames come; then nothing but bookmarks, however long no one acknowledges.
  for (int bookmarks = 0; bookmarks < 2;) {
    ASSERT_TRUE(stream->Read(&response));
    most = std::max(most, response.frame_number() - acked);
    mirror.Apply(FrameFrom(response));
    if (response.has_bookmark()) ++bookmarks;
  }
  EXPECT_EQ(most, 10U);
  // Polling cannot know that files made just now are closed, and tells them a moment later.
  const auto more = [&] {
    return mirror.ends().empty() || (Polled() && mirror.files().size() < 5000);
  };
  while (more()) {
    acked = std::min(acked + 3, response.frame_number());
    AckAndGrant(*stream, acked, 3);
    for (int i = 0; i < 3 && more(); ++i) {
      ASSERT_TRUE(stream->Read(&response));
      most = std::max(most, response.frame_number() - acked);
      mirror.Apply(FrameFrom(response));
    }
  }
  EXPECT_EQ(mirror.files().size(), 5000U);
  EXPECT_LE(most, 10U);
  context.TryCancel();
}

TEST_F(StreamBoundsTest, ASubscriberThatStopsReadingCostsBoundedMemoryAndConvergesLater) {
  constexpr int kFiles = 100'000;
  // A slow disk must not make it one that is cut off.
  Serve({.stall_timeout = absl::Hours(1)});
  grpc::ClientContext context;
  const auto stream = stub_->Subscribe(&context);
  Open(*stream, 1000);
  Mirror mirror;
  ASSERT_TRUE(ReadTo(*stream, mirror, Sync()));
  const std::uint64_t before = ResidentBytes();
  for (int d = 0; d < 100; ++d) {
    const std::string directory = absl::StrCat("d", d);
    folder_.MakeDirs(directory);
    for (int i = 0; i < kFiles / 100; ++i) folder_.Write(absl::StrCat(directory, "/f", i), "");
  }
  const Cursor goal = Sync();
  // Journal and settle set at their caps are some 40 MB; a queue for one subscriber, of
  // 100,000 states and more, would come on top.
  if (!kSanitized) {
    EXPECT_LT(ResidentBytes() - before, std::uint64_t{200} << 20);
  }
  const LibraryFeed::Stats stats = (*libraries_->Find("photos"))->feed().stats();
  EXPECT_LE(stats.marks, stats.capacity);
  ASSERT_TRUE(ReadTo(*stream, mirror, goal));
  EXPECT_EQ(mirror.files().size(), static_cast<std::size_t>(kFiles));
  context.TryCancel();
}

TEST_F(StreamBoundsTest, WhoNeverAcknowledgesIsCutOff) {
  folder_.Write("a", "");
  Serve({.max_streams = 4, .stall_timeout = absl::Milliseconds(300)});
  grpc::ClientContext context;
  const auto stream = stub_->Subscribe(&context);
  Open(*stream, 10);
  watcher::v1::SubscribeResponse response;
  while (stream->Read(&response)) {
  }
  const absl::Status status = FromGrpc(stream->Finish());
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), "SUBSCRIBER_STALLED");
}

TEST_F(StreamBoundsTest, WhoAcknowledgesEverythingStaysHoweverQuietItIs) {
  Serve({.max_streams = 4, .stall_timeout = absl::Milliseconds(300)});
  grpc::ClientContext context;
  const auto stream = stub_->Subscribe(&context);
  Open(*stream, 10);
  Mirror mirror;
  ASSERT_TRUE(ReadTo(*stream, mirror, Sync()));
  watcher::v1::SubscribeResponse response;
  for (int bookmarks = 0; bookmarks < 2; ++bookmarks) ASSERT_TRUE(stream->Read(&response));
  context.TryCancel();
}

TEST_F(StreamBoundsTest, AWatcherThatStopsReadingIsCutOffEvenWithAWriteInTheWay) {
  const std::string long_name(200, 'n');
  for (int d = 0; d < 40; ++d) {
    folder_.MakeDirs(absl::StrCat("d", d));
    for (int i = 0; i < 1000; ++i) folder_.Write(absl::StrCat("d", d, "/", long_name, i), "");
  }
  Serve({.max_streams = 1, .stall_timeout = absl::Milliseconds(300)});
  grpc::ClientContext context;
  watcher::v1::WatchRequest request;
  request.set_library("photos");
  const auto stream = stub_->Watch(&context, request);
  // Its place is free again although this client never reads: another one gets in.
  absl::Status status;
  watcher::v1::WatchResponse response;
  while (true) {
    grpc::ClientContext second_context;
    const auto second = stub_->Watch(&second_context, request);
    if (second->Read(&response)) {
      second_context.TryCancel();
      break;
    }
    status = FromGrpc(second->Finish());
    ASSERT_EQ(ReasonOf(status), "TOO_MANY_STREAMS");
  }
  while (stream->Read(&response)) {
  }
  EXPECT_THAT(stream->Finish().error_code(),
              AnyOf(grpc::StatusCode::RESOURCE_EXHAUSTED, grpc::StatusCode::CANCELLED));
}

}  // namespace
}  // namespace hestia
