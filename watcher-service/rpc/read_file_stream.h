#ifndef HESTIA_WATCHER_SERVICE_RPC_READ_FILE_STREAM_H_
#define HESTIA_WATCHER_SERVICE_RPC_READ_FILE_STREAM_H_

#include <memory>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "hestia/watcher/v1/watcher.pb.h"
#include "watcher-service/feed/readable_file.h"
#include "watcher-service/watch/library_watch.h"

namespace hestia {

// One ReadFile call. A thread calls Run() and may delete it afterwards; gRPC is done with it
// by then. The next chunk is read from the disk when the one before has been written.
//
// Thread-safety: Run() belongs to the stream's thread, the rest to gRPC's reactions.
// Memory: one chunk, and gRPC's copy of it.
class ReadFileStream final : public grpc::ServerWriteReactor<watcher::v1::ReadFileResponse> {
 public:
  static constexpr std::size_t kChunkBytes = std::size_t{256} << 10;

  // Who takes nothing for `stall_timeout` is cut off.
  ReadFileStream(grpc::CallbackServerContext& context, std::shared_ptr<LibraryWatch> library,
                 std::string path, absl::Duration stall_timeout);

  // Blocks for the stream's whole life.
  void Run() ABSL_LOCKS_EXCLUDED(mu_);

  void OnWriteDone(bool ok) override ABSL_LOCKS_EXCLUDED(mu_);
  void OnCancel() override ABSL_LOCKS_EXCLUDED(mu_);
  void OnDone() override ABSL_LOCKS_EXCLUDED(mu_);

 private:
  absl::Status Stream();
  absl::StatusOr<ReadableFile> OpenFile() const;
  // Writes `response_` and waits until it is gone.
  absl::Status Write() ABSL_LOCKS_EXCLUDED(mu_);

  grpc::CallbackServerContext& context_;
  const std::shared_ptr<LibraryWatch> library_;
  const std::string path_;
  const absl::Duration stall_timeout_;
  watcher::v1::ReadFileResponse response_;  // gRPC's while a write is in flight

  absl::Mutex mu_;
  bool written_ ABSL_GUARDED_BY(mu_) = true;  // nothing is in flight
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  bool done_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_RPC_READ_FILE_STREAM_H_
