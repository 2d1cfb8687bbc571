#include "thumbnail-service/rpc/watcher_feed.h"

#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>
#include <absl/time/clock.h>

#include "common/error_reason.h"
#include "common/grpc_server.h"
#include "common/grpc_status.h"
#include "common/path_text.h"

namespace hestia {
namespace {

namespace v1 = watcher::v1;

void SetTimeout(grpc::ClientContext& context, absl::Duration timeout) {
  if (timeout == absl::InfiniteDuration()) return;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
}

// Outside, an unreachable watcher must not look like an unreachable thumbnail service.
absl::Status FromWatcher(const grpc::Status& status) {
  absl::Status result = FromGrpc(status);
  if (!absl::IsUnavailable(result)) return result;
  return WithReason(absl::UnavailableError(absl::StrCat(
                        "the watcher-service cannot be reached: ", result.message())),
                    "WATCHER_UNAVAILABLE");
}

Cursor FromProto(const v1::Cursor& cursor) {
  return Cursor{.epoch = cursor.epoch(), .sequence = cursor.sequence()};
}

ToldFile FromProto(const v1::FileState& state) {
  const absl::Time modified = absl::FromUnixSeconds(state.modified_at().seconds()) +
                              absl::Nanoseconds(state.modified_at().nanos());
  return ToldFile{.path = state.path(),
                  .present = state.present(),
                  .stamp = {.size_bytes = static_cast<std::int64_t>(state.size_bytes()),
                            .mtime_ns = absl::ToUnixNanos(modified),
                            .inode = state.inode()},
                  .subtree_absent = state.subtree_absent(),
                  .rewritten = state.rewritten(),
                  .settling = state.settling()};
}

std::string ReasonText(v1::ListingReason reason) {
  return std::string(absl::StripPrefix(v1::ListingReason_Name(reason), "LISTING_REASON_"));
}

Frame FromProto(const v1::SubscribeResponse& response) {
  Frame frame;
  frame.number = response.frame_number();
  if (response.has_cursor()) frame.cursor = FromProto(response.cursor());
  if (response.has_listing_begin()) {
    frame.kind = Frame::Kind::kListingBegin;
    frame.scope = response.listing_begin().scope();
    frame.detail = ReasonText(response.listing_begin().reason());
    frame.shallow = response.listing_begin().shallow();
  } else if (response.has_listing_end()) {
    frame.kind = Frame::Kind::kListingEnd;
    frame.scope = response.listing_end().scope();
    frame.detail = response.listing_end().detail();
    frame.complete = response.listing_end().complete();
    frame.unread = {response.listing_end().unread().begin(),
                    response.listing_end().unread().end()};
  } else if (response.files_size() > 0) {
    frame.kind = Frame::Kind::kFiles;
    for (const v1::FileState& state : response.files()) frame.files.push_back(FromProto(state));
  }
  return frame;
}

class SubscribeStream final : public ChangeStream {
 public:
  SubscribeStream(v1::WatcherService::Stub& stub, absl::string_view library,
                  const std::optional<Cursor>& cursor, int credits)
      : stream_(stub.Subscribe(&context_)) {
    v1::SubscribeRequest request;
    request.mutable_open()->set_library(std::string(library));
    if (cursor.has_value()) {
      request.mutable_open()->mutable_cursor()->set_epoch(cursor->epoch);
      request.mutable_open()->mutable_cursor()->set_sequence(cursor->sequence);
    }
    request.set_grant_credits(static_cast<std::uint32_t>(credits));
    // A failed write is told, with its reason, by the first read.
    stream_->Write(request);
  }

  ~SubscribeStream() override {
    context_.TryCancel();
    if (!finished_) stream_->Finish();
  }

  absl::StatusOr<Frame> Next() override {
    v1::SubscribeResponse response;
    if (stream_->Read(&response)) return FromProto(response);
    return End();
  }

  absl::Status Acknowledge(std::uint64_t number, int grant) override {
    v1::SubscribeRequest request;
    request.set_ack_frame_number(number);
    request.set_grant_credits(static_cast<std::uint32_t>(grant));
    return stream_->Write(request) ? absl::OkStatus() : End();
  }

  void Cancel() override { context_.TryCancel(); }

 private:
  absl::Status End() {
    finished_ = true;
    const absl::Status status = FromWatcher(stream_->Finish());
    return status.ok() ? absl::UnavailableError("the watcher ended the stream") : status;
  }

  grpc::ClientContext context_;
  bool finished_ = false;
  const std::unique_ptr<grpc::ClientReaderWriter<v1::SubscribeRequest, v1::SubscribeResponse>>
      stream_;
};

std::string StateText(v1::LibraryState state) {
  return std::string(absl::StripPrefix(v1::LibraryState_Name(state), "LIBRARY_STATE_"));
}

}  // namespace

WatcherFeed::WatcherFeed(const std::string& address)
    : stub_(v1::WatcherService::NewStub(GrpcClientChannel(address))) {}

absl::StatusOr<std::vector<WatchedLibrary>> WatcherFeed::ListLibraries(absl::Duration timeout) {
  grpc::ClientContext context;
  SetTimeout(context, timeout);
  v1::ListLibrariesResponse response;
  const grpc::Status status = stub_->ListLibraries(&context, {}, &response);
  if (!status.ok()) return FromWatcher(status);
  std::vector<WatchedLibrary> libraries;
  for (const v1::Library& library : response.libraries()) {
    absl::StatusOr<std::string> root = DecodePathText(library.root());
    if (!root.ok()) return root.status();
    libraries.push_back(WatchedLibrary{.name = library.name(),
                                       .root = *std::move(root),
                                       .state = StateText(library.state())});
  }
  return libraries;
}

std::unique_ptr<ChangeStream> WatcherFeed::Open(absl::string_view library,
                                                const std::optional<Cursor>& cursor, int credits) {
  return std::make_unique<SubscribeStream>(*stub_, library, cursor, credits);
}

absl::StatusOr<SyncPoint> WatcherFeed::Sync(absl::string_view library, absl::Duration timeout) {
  grpc::ClientContext context;
  SetTimeout(context, timeout);
  // A watcher that is just starting is worth the wait.
  context.set_wait_for_ready(true);
  v1::SyncRequest request;
  request.set_library(std::string(library));
  v1::SyncResponse response;
  const grpc::Status status = stub_->Sync(&context, request, &response);
  if (!status.ok()) return FromWatcher(status);
  return SyncPoint{.cursor = FromProto(response.cursor()),
                   .settling_files = response.settling_files()};
}

}  // namespace hestia
