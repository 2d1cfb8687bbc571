#ifndef HESTIA_THUMBNAIL_SERVICE_RPC_WATCHER_FEED_H_
#define HESTIA_THUMBNAIL_SERVICE_RPC_WATCHER_FEED_H_

#include <memory>
#include <string>

#include "hestia/watcher/v1/watcher.grpc.pb.h"
#include "thumbnail-service/jobs/change_feed.h"

namespace hestia {

// The watcher-service over gRPC; see jobs/change_feed.h for the contract. Holds one channel,
// which reconnects by itself.
class WatcherFeed final : public ChangeFeed {
 public:
  // `address` is host:port or a gRPC target.
  explicit WatcherFeed(const std::string& address);

  absl::StatusOr<std::vector<WatchedLibrary>> ListLibraries(absl::Duration timeout) override;
  std::unique_ptr<ChangeStream> Open(absl::string_view library,
                                     const std::optional<Cursor>& cursor, int credits) override;
  absl::StatusOr<SyncPoint> Sync(absl::string_view library, absl::Duration timeout) override;

 private:
  const std::unique_ptr<watcher::v1::WatcherService::Stub> stub_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RPC_WATCHER_FEED_H_
