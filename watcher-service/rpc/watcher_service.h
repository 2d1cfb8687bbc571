#ifndef HESTIA_WATCHER_SERVICE_RPC_WATCHER_SERVICE_H_
#define HESTIA_WATCHER_SERVICE_RPC_WATCHER_SERVICE_H_

#include <functional>

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "common/settings.h"
#include "common/task_pool.h"
#include "hestia/watcher/v1/watcher.grpc.pb.h"
#include "watcher-service/libraries/library_set.h"
#include "watcher-service/rpc/stream_threads.h"

namespace hestia {

inline constexpr char kWatcherServiceName[] = "hestia.watcher.v1.WatcherService";

struct ServiceOptions {
  int max_streams = 32;
  int max_reads = 32;
  absl::Duration stall_timeout = absl::Seconds(60);
};

// The RPCs of watcher.proto: each method translates, hands over and returns. Reactions
// never block: streams have a thread each, disk work goes to a small pool, Sync is called
// back.
//
// Thread-safety: gRPC calls the methods from its own threads.
// Lifetime: outlives the server; Stop() after the server has stopped.
// Memory: max_streams streams, one frame each; max_reads reads, one chunk each; 64 waiting
//   calls that touch the disk.
class WatcherService final : public watcher::v1::WatcherService::CallbackService {
 public:
  // `libraries` is borrowed.
  WatcherService(LibrarySet& libraries, ServiceOptions options);

  // New streams and reads are refused from now on (UNAVAILABLE, STOPPING).
  void RefuseStreams();
  // Joins the threads; every stream must have ended or been cancelled.
  void Stop();

  grpc::ServerUnaryReactor* AddLibrary(grpc::CallbackServerContext* context,
                                       const watcher::v1::AddLibraryRequest* request,
                                       watcher::v1::AddLibraryResponse* response) override;
  grpc::ServerUnaryReactor* ListLibraries(grpc::CallbackServerContext* context,
                                          const watcher::v1::ListLibrariesRequest* request,
                                          watcher::v1::ListLibrariesResponse* response) override;
  grpc::ServerUnaryReactor* RemoveLibrary(grpc::CallbackServerContext* context,
                                          const watcher::v1::RemoveLibraryRequest* request,
                                          watcher::v1::RemoveLibraryResponse* response) override;
  grpc::ServerUnaryReactor* RescanLibrary(grpc::CallbackServerContext* context,
                                          const watcher::v1::RescanLibraryRequest* request,
                                          watcher::v1::RescanLibraryResponse* response) override;
  grpc::ServerWriteReactor<watcher::v1::WatchResponse>* Watch(
      grpc::CallbackServerContext* context, const watcher::v1::WatchRequest* request) override;
  grpc::ServerBidiReactor<watcher::v1::SubscribeRequest, watcher::v1::SubscribeResponse>* Subscribe(
      grpc::CallbackServerContext* context) override;
  grpc::ServerWriteReactor<watcher::v1::ReadFileResponse>* ReadFile(
      grpc::CallbackServerContext* context, const watcher::v1::ReadFileRequest* request) override;
  grpc::ServerUnaryReactor* Sync(grpc::CallbackServerContext* context,
                                 const watcher::v1::SyncRequest* request,
                                 watcher::v1::SyncResponse* response) override;
  grpc::ServerUnaryReactor* GetStats(grpc::CallbackServerContext* context,
                                     const watcher::v1::GetStatsRequest* request,
                                     watcher::v1::GetStatsResponse* response) override;

 private:
  absl::StatusOr<std::shared_ptr<LibraryWatch>> Find(absl::string_view name) const;
  // Answers with what `body` says, once a thread of `pool` has run it; RESOURCE_EXHAUSTED when too
  // many wait for one.
  grpc::ServerUnaryReactor* Run(TaskPool& pool, grpc::CallbackServerContext* context,
                                std::function<absl::Status()> body);

  LibrarySet& libraries_;
  const ServiceOptions options_;
  StreamThreads streams_;
  StreamThreads reads_;
  TaskPool disk_threads_;
  TaskPool removals_;
};

// Adds what is wrong with the flags of this room.
void ValidateServiceSettings(SettingErrors& errors);
// What the flags say; call after they were found right.
ServiceOptions ServiceOptionsFromSettings();

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_RPC_WATCHER_SERVICE_H_
