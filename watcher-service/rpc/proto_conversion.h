#ifndef HESTIA_WATCHER_SERVICE_RPC_PROTO_CONVERSION_H_
#define HESTIA_WATCHER_SERVICE_RPC_PROTO_CONVERSION_H_

#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "hestia/watcher/v1/watcher.pb.h"
#include "watcher-service/events/cursor.h"
#include "watcher-service/events/frame.h"
#include "watcher-service/watch/library_watch.h"

namespace hestia {

// The one place where the domain's types and the contract's messages meet.
//
// Thread-safety: pure functions.

void ToProto(const Cursor& cursor, watcher::v1::Cursor& proto);
Cursor FromProto(const watcher::v1::Cursor& proto);

// `proto` is a WatchResponse or a SubscribeResponse and is overwritten.
void ToProto(Frame frame, watcher::v1::WatchResponse& proto);
void ToProto(Frame frame, watcher::v1::SubscribeResponse& proto);

// `overlaps`: names of other libraries with directories in common.
void ToProto(LibraryWatch& library, const std::vector<std::string>& overlaps,
             watcher::v1::Library& proto);
void ToProto(LibraryWatch& library, const std::vector<std::string>& overlaps,
             watcher::v1::LibraryStats& proto);

//   kInvalidArgument  (MODE_INVALID) neither events nor poll nor unspecified.
absl::StatusOr<WatchMode> FromProto(watcher::v1::WatchMode mode);

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_RPC_PROTO_CONVERSION_H_
