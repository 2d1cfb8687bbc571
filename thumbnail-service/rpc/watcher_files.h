#ifndef HESTIA_THUMBNAIL_SERVICE_RPC_WATCHER_FILES_H_
#define HESTIA_THUMBNAIL_SERVICE_RPC_WATCHER_FILES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_set.h>
#include <absl/synchronization/mutex.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "hestia/watcher/v1/watcher.grpc.pb.h"
#include "thumbnail-service/jobs/file_access.h"
#include "thumbnail-service/jobs/library_roots.h"

namespace hestia {

// The libraries' files as the watcher reads them (ReadFile), for replicas that do not have the
// folders; see jobs/file_access.h for the contract. While the watcher cannot be reached no
// library is available. A file takes five minutes at most.
//
// Thread-safety: as FileAccess. Lifetime: `libraries` outlives it, and it its opened files.
// Memory: one chunk, and HTTP/2's window, an opened file.
class WatcherFiles final : public FileAccess {
 public:
  // `address` is host:port or a gRPC target.
  WatcherFiles(const std::string& address, const LibraryRoots& libraries);

  absl::StatusOr<std::unique_ptr<OpenedFile>> Open(std::int64_t library_id,
                                                   absl::string_view path) override;
  std::vector<std::int64_t> Available() override;
  std::string Problem() const override;
  void Cancel() override ABSL_LOCKS_EXCLUDED(mu_);

 private:
  class WatcherFile;

  bool Reachable() const;
  // False once cancelled. `context` is cancelled with all others until Leave().
  bool Enter(grpc::ClientContext& context) ABSL_LOCKS_EXCLUDED(mu_);
  void Leave(grpc::ClientContext& context) ABSL_LOCKS_EXCLUDED(mu_);

  const std::string address_;
  const LibraryRoots& libraries_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<watcher::v1::WatcherService::Stub> stub_;
  absl::Mutex mu_;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  absl::flat_hash_set<grpc::ClientContext*> contexts_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RPC_WATCHER_FILES_H_
