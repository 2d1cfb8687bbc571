#include <algorithm>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "common/error_reason.h"
#include "tests/watcher-service/rpc/served_watcher.h"

namespace hestia {
namespace {

using testing::ElementsAre;

class SubscribeTest : public ServedWatcherTest {
 protected:
  // Ends the stream from the client's side.
  static void HangUp(grpc::ClientContext& context, SubscribeClient& stream) {
    context.TryCancel();
    watcher::v1::SubscribeResponse rest;
    while (stream.Read(&rest)) {
    }
    stream.Finish();
  }

  // What the stream ended with, after whatever it still told.
  static absl::Status EndOf(SubscribeClient& stream) {
    watcher::v1::SubscribeResponse rest;
    while (stream.Read(&rest)) {
    }
    return FromGrpc(stream.Finish());
  }

  static void ExpectError(const absl::Status& status, absl::StatusCode code,
                          const std::string& reason) {
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_EQ(ReasonOf(status), reason);
  }
};

TEST_F(SubscribeTest, ASubscriberLearnsWhatIsThereAndWhatChanges) {
  folder_.Write("a", "1");
  Serve();
  grpc::ClientContext context;
  const auto stream = stub_->Subscribe(&context);
  Open(*stream, 10);
  Mirror mirror;
  ASSERT_TRUE(ReadTo(*stream, mirror, Sync()));
  EXPECT_THAT(mirror.paths(), ElementsAre("a"));
  folder_.Write("b", "22");
  ASSERT_TRUE(ReadTo(*stream, mirror, Sync()));
  EXPECT_THAT(mirror.paths(), ElementsAre("a", "b"));
  HangUp(context, *stream);
}

TEST_F(SubscribeTest, ComingBackWithTheLastCursorGoesOnWithoutAListing) {
  folder_.Write("a", "1");
  Serve();
  Mirror mirror;
  {
    grpc::ClientContext context;
    const auto stream = stub_->Subscribe(&context);
    Open(*stream, 10);
    ASSERT_TRUE(ReadTo(*stream, mirror, Sync()));
    HangUp(context, *stream);
  }
  folder_.Write("b", "1");
  folder_.Remove("a");
  grpc::ClientContext context;
  const auto stream = stub_->Subscribe(&context);
  Open(*stream, 10, mirror.cursor());
  ASSERT_TRUE(ReadTo(*stream, mirror, Sync()));
  EXPECT_THAT(mirror.paths(), ElementsAre("b"));
  // Polling lists single directories; the one snapshot is that of the beginning.
  EXPECT_EQ(std::count_if(mirror.listings().begin(), mirror.listings().end(),
                          [](const ListingBegin& listing) { return !listing.shallow; }),
            1);
  if (!Polled()) {
    EXPECT_EQ(mirror.listings().size(), 1U);
  }
  HangUp(context, *stream);
}

TEST_F(SubscribeTest, ACursorOfAnotherEpochGetsASnapshotWithTheReason) {
  folder_.Write("a", "1");
  Serve();
  grpc::ClientContext context;
  const auto stream = stub_->Subscribe(&context);
  Open(*stream, 10, Cursor{12345, 678});
  Mirror mirror;
  ASSERT_TRUE(ReadTo(*stream, mirror, Sync()));
  // Where it is polled, what changed just now is looked at twice.
  ASSERT_GE(mirror.listings().size(), 1U);
  if (!Polled()) {
    EXPECT_EQ(mirror.listings().size(), 1U);
  }
  EXPECT_EQ(mirror.listings()[0].reason, ListingReason::kEpochUnknown);
  EXPECT_THAT(mirror.paths(), ElementsAre("a"));
  HangUp(context, *stream);
}

TEST_F(SubscribeTest, AnOverflowInMidStreamLeadsToASnapshot) {
  folder_.Write("a", "1");
  Serve();
  grpc::ClientContext context;
  const auto stream = stub_->Subscribe(&context);
  Open(*stream, 10);
  Mirror mirror;
  ASSERT_TRUE(ReadTo(*stream, mirror, Sync()));
  folder_.Write("b", "1");
  (*libraries_->Find("photos"))->InjectOverflow();
  ASSERT_TRUE(ReadTo(*stream, mirror, Sync()));
  EXPECT_TRUE(std::any_of(mirror.listings().begin(), mirror.listings().end(),
                          [](const ListingBegin& listing) {
                            return listing.reason == ListingReason::kOverflow;
                          }));
  EXPECT_THAT(mirror.paths(), ElementsAre("a", "b"));
  HangUp(context, *stream);
}

TEST_F(SubscribeTest, AFirstMessageWithoutOpenIsAnError) {
  Serve();
  grpc::ClientContext context;
  const auto stream = stub_->Subscribe(&context);
  watcher::v1::SubscribeRequest request;
  request.set_grant_credits(1);
  ASSERT_TRUE(stream->Write(request));
  ExpectError(EndOf(*stream), absl::StatusCode::kInvalidArgument, "OPEN_MISSING");
}

TEST_F(SubscribeTest, AStreamThatIsNeverOpenedIsAnError) {
  Serve();
  grpc::ClientContext context;
  const auto stream = stub_->Subscribe(&context);
  stream->WritesDone();
  ExpectError(EndOf(*stream), absl::StatusCode::kInvalidArgument, "OPEN_MISSING");
}

TEST_F(SubscribeTest, OpeningTwiceIsAnError) {
  Serve();
  grpc::ClientContext context;
  const auto stream = stub_->Subscribe(&context);
  Open(*stream, 1);
  Open(*stream, 1);
  ExpectError(EndOf(*stream), absl::StatusCode::kInvalidArgument, "OPEN_REPEATED");
}

TEST_F(SubscribeTest, AcknowledgingAFrameThatWasNeverSentIsAnError) {
  Serve();
  grpc::ClientContext context;
  const auto stream = stub_->Subscribe(&context);
  Open(*stream, 0);
  AckAndGrant(*stream, 99, 0);
  ExpectError(EndOf(*stream), absl::StatusCode::kInvalidArgument, "ACK_INVALID");
}

TEST_F(SubscribeTest, AnUnknownLibraryIsAnError) {
  Serve();
  grpc::ClientContext context;
  const auto stream = stub_->Subscribe(&context);
  watcher::v1::SubscribeRequest request;
  request.mutable_open()->set_library("nope");
  ASSERT_TRUE(stream->Write(request));
  ExpectError(EndOf(*stream), absl::StatusCode::kNotFound, "LIBRARY_UNKNOWN");
}

TEST_F(SubscribeTest, RemovingTheLibraryEndsItsStreams) {
  Serve();
  grpc::ClientContext context;
  const auto stream = stub_->Subscribe(&context);
  Open(*stream, 10);
  watcher::v1::SubscribeResponse first;
  ASSERT_TRUE(stream->Read(&first));
  grpc::ClientContext remove_context;
  watcher::v1::RemoveLibraryRequest request;
  request.set_name("photos");
  watcher::v1::RemoveLibraryResponse response;
  ASSERT_TRUE(stub_->RemoveLibrary(&remove_context, request, &response).ok());
  ExpectError(EndOf(*stream), absl::StatusCode::kNotFound, "LIBRARY_UNKNOWN");
}

TEST_F(SubscribeTest, StoppingEndsStreamsAsUnavailableAndRefusesNewOnes) {
  Serve();
  grpc::ClientContext context;
  const auto stream = stub_->Subscribe(&context);
  Open(*stream, 10);
  watcher::v1::SubscribeResponse first;
  ASSERT_TRUE(stream->Read(&first));
  service_->RefuseStreams();
  libraries_->End(StoppingStatus());
  ExpectError(EndOf(*stream), absl::StatusCode::kUnavailable, "STOPPING");
  grpc::ClientContext late_context;
  const auto late = stub_->Subscribe(&late_context);
  ExpectError(EndOf(*late), absl::StatusCode::kUnavailable, "STOPPING");
}

}  // namespace
}  // namespace hestia
