#include "watcher-service/rpc/watch_stream.h"

#include <utility>

#include "common/grpc_status.h"
#include "watcher-service/rpc/proto_conversion.h"

namespace hestia {

WatchStream::WatchStream(grpc::CallbackServerContext& context, FeedStream::Terms terms,
                         std::shared_ptr<LibraryWatch> library, std::optional<Cursor> cursor)
    : context_(context), stream_(*this, terms) {
  stream_.Open(std::move(library), cursor);
}

void WatchStream::OnCancel() { stream_.End(absl::CancelledError("the caller went away")); }

void WatchStream::Write(Frame frame, std::uint64_t /*number*/) {
  ToProto(std::move(frame), response_);
  StartWrite(&response_);
}

void WatchStream::Finish(const absl::Status& status) {
  grpc::ServerWriteReactor<watcher::v1::WatchResponse>::Finish(ToGrpc(status));
}

}  // namespace hestia
