#include "watcher-service/rpc/subscribe_stream.h"

#include <optional>
#include <utility>

#include "common/error_reason.h"
#include "common/grpc_status.h"
#include "watcher-service/rpc/proto_conversion.h"

namespace hestia {
namespace {
absl::Status OpenMissing() {
  return WithReason(absl::InvalidArgumentError("the first message must carry `open`"),
                    "OPEN_MISSING", "open");
}
}  // namespace

SubscribeStream::SubscribeStream(grpc::CallbackServerContext& context, FeedStream::Terms terms,
                                 FindLibrary find)
    : context_(context), find_(std::move(find)), stream_(*this, terms) {
  StartRead(&request_);
}

void SubscribeStream::OnReadDone(bool ok) {
  if (!ok) {
    // No more grants and acks will come; what was granted may still be told.
    if (!opened_) stream_.End(OpenMissing());
    return;
  }
  if (absl::Status status = Take(request_); !status.ok()) {
    stream_.End(std::move(status));
    return;
  }
  StartRead(&request_);
}

void SubscribeStream::OnCancel() { stream_.End(absl::CancelledError("the subscriber went away")); }

absl::Status SubscribeStream::Take(const watcher::v1::SubscribeRequest& request) {
  if (request.has_open() && opened_) {
    return WithReason(absl::InvalidArgumentError("`open` may come in the first message only"),
                      "OPEN_REPEATED", "open");
  }
  if (!request.has_open() && !opened_) return OpenMissing();
  if (request.ack_frame_number() != 0) {
    absl::Status status = stream_.Acknowledge(request.ack_frame_number());
    if (!status.ok()) return status;
  }
  stream_.Grant(request.grant_credits());
  return request.has_open() ? Open(request.open()) : absl::OkStatus();
}

absl::Status SubscribeStream::Open(const watcher::v1::SubscribeRequest::Open& open) {
  absl::StatusOr<std::shared_ptr<LibraryWatch>> library = find_(open.library());
  if (!library.ok()) return library.status();
  opened_ = true;
  std::optional<Cursor> cursor;
  if (open.has_cursor()) cursor = FromProto(open.cursor());
  stream_.Open(*std::move(library), cursor);
  return absl::OkStatus();
}

void SubscribeStream::Write(Frame frame, std::uint64_t number) {
  ToProto(std::move(frame), response_);
  response_.set_frame_number(number);
  StartWrite(&response_);
}

void SubscribeStream::Finish(const absl::Status& status) {
  grpc::ServerBidiReactor<watcher::v1::SubscribeRequest, watcher::v1::SubscribeResponse>::Finish(
      ToGrpc(status));
}

}  // namespace hestia
