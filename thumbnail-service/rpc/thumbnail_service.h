#ifndef HESTIA_THUMBNAIL_SERVICE_RPC_THUMBNAIL_SERVICE_H_
#define HESTIA_THUMBNAIL_SERVICE_RPC_THUMBNAIL_SERVICE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "common/task_pool.h"
#include "hestia/thumbnail/v1/thumbnail.grpc.pb.h"
#include "thumbnail-service/jobs/change_feed.h"
#include "thumbnail-service/jobs/job.h"
#include "thumbnail-service/rpc/operator_parts.h"
#include "thumbnail-service/rpc/stats_broadcast.h"
#include "thumbnail-service/rpc/stats_source.h"
#include "thumbnail-service/rpc/wait_list.h"
#include "thumbnail-service/store/pg_catalog.h"

namespace hestia {

// The API of record, hestia/thumbnail/v1/thumbnail.proto: translates, asks the catalog, answers.
// The calls of people who run it are in operator_calls.cc, those that wait in files of their own.
//
// Thread-safety: gRPC calls it from its threads; nothing here blocks them. What blocks runs on
//   two pools: rpc-0 … for the database, sync-0 … for calls that also ask the watcher
//   or the renderer programs.
// Lifetime: the references outlive it; Stop() before the server stops.
// Memory: at most kQueuedCalls calls wait for a pool, kWaitingCalls for work.
class ThumbnailService final : public thumbnail::v1::ThumbnailService::CallbackService {
 public:
  static constexpr int kRpcThreads = 4;
  static constexpr int kSyncThreads = 4;
  static constexpr std::size_t kQueuedCalls = 256;
  static constexpr std::size_t kWaitingCalls = 1024;
  static constexpr std::size_t kStatsStreams = 256;

  ThumbnailService(PgCatalog& catalog, ChangeFeed& feed, StatsSource& stats,
                   OperatorParts operator_parts);
  ~ThumbnailService() override;

  // Something was ingested or finished: look at the waiting calls. Never blocks.
  void Progress() { waiting_.Poke(); }

  // Ends waiting calls and streams with UNAVAILABLE (STOPPING), finishes running ones.
  void Stop();

  grpc::ServerUnaryReactor* GetThumbnail(grpc::CallbackServerContext*,
                                         const thumbnail::v1::GetThumbnailRequest*,
                                         thumbnail::v1::GetThumbnailResponse*) override;
  grpc::ServerUnaryReactor* QueueFiles(grpc::CallbackServerContext*,
                                       const thumbnail::v1::QueueFilesRequest*,
                                       thumbnail::v1::QueueFilesResponse*) override;
  grpc::ServerUnaryReactor* QueueMissing(grpc::CallbackServerContext*,
                                         const thumbnail::v1::QueueMissingRequest*,
                                         thumbnail::v1::QueueMissingResponse*) override;
  grpc::ServerUnaryReactor* ListFiles(grpc::CallbackServerContext*,
                                      const thumbnail::v1::ListFilesRequest*,
                                      thumbnail::v1::ListFilesResponse*) override;
  grpc::ServerUnaryReactor* ListFailures(grpc::CallbackServerContext*,
                                         const thumbnail::v1::ListFailuresRequest*,
                                         thumbnail::v1::ListFailuresResponse*) override;
  grpc::ServerUnaryReactor* GetStats(grpc::CallbackServerContext*,
                                     const thumbnail::v1::GetStatsRequest*,
                                     thumbnail::v1::GetStatsResponse*) override;
  grpc::ServerWriteReactor<thumbnail::v1::WatchStatsResponse>* WatchStats(
      grpc::CallbackServerContext*, const thumbnail::v1::WatchStatsRequest*) override;
  grpc::ServerUnaryReactor* Sync(grpc::CallbackServerContext*, const thumbnail::v1::SyncRequest*,
                                 thumbnail::v1::SyncResponse*) override;
  grpc::ServerUnaryReactor* RetryFailures(grpc::CallbackServerContext*,
                                const thumbnail::v1::RetryFailuresRequest*,
                                thumbnail::v1::RetryFailuresResponse*) override;
  grpc::ServerUnaryReactor* Pause(grpc::CallbackServerContext*,
                                const thumbnail::v1::PauseRequest*,
                                thumbnail::v1::PauseResponse*) override;
  grpc::ServerUnaryReactor* Resume(grpc::CallbackServerContext*,
                                const thumbnail::v1::ResumeRequest*,
                                thumbnail::v1::ResumeResponse*) override;
  grpc::ServerUnaryReactor* Drain(grpc::CallbackServerContext*,
                                const thumbnail::v1::DrainRequest*,
                                thumbnail::v1::DrainResponse*) override;
  grpc::ServerUnaryReactor* ExplainFile(grpc::CallbackServerContext*,
                                const thumbnail::v1::ExplainFileRequest*,
                                thumbnail::v1::ExplainFileResponse*) override;
  grpc::ServerUnaryReactor* ConfirmRemovals(grpc::CallbackServerContext*,
                                const thumbnail::v1::ConfirmRemovalsRequest*,
                                thumbnail::v1::ConfirmRemovalsResponse*) override;
  grpc::ServerUnaryReactor* PurgeLibrary(grpc::CallbackServerContext*,
                                const thumbnail::v1::PurgeLibraryRequest*,
                                thumbnail::v1::PurgeLibraryResponse*) override;
  grpc::ServerUnaryReactor* CollectRemoved(grpc::CallbackServerContext*,
                                const thumbnail::v1::CollectRemovedRequest*,
                                thumbnail::v1::CollectRemovedResponse*) override;
  grpc::ServerUnaryReactor* PlanRecipeChange(grpc::CallbackServerContext*,
                                const thumbnail::v1::PlanRecipeChangeRequest*,
                                thumbnail::v1::PlanRecipeChangeResponse*) override;
  grpc::ServerUnaryReactor* ApplyRecipes(grpc::CallbackServerContext*,
                                const thumbnail::v1::ApplyRecipesRequest*,
                                thumbnail::v1::ApplyRecipesResponse*) override;
  grpc::ServerUnaryReactor* Capabilities(grpc::CallbackServerContext*,
                                const thumbnail::v1::CapabilitiesRequest*,
                                thumbnail::v1::CapabilitiesResponse*) override;
  grpc::ServerUnaryReactor* ListRecipes(grpc::CallbackServerContext*,
                                        const thumbnail::v1::ListRecipesRequest*,
                                        thumbnail::v1::ListRecipesResponse*) override;

 private:
  struct ThumbnailCall;
  struct SyncCall;

  // Runs `work` on `pool` and finishes the call with its status.
  grpc::ServerUnaryReactor* RunOn(TaskPool& pool, grpc::CallbackServerContext* context,
                                  std::function<absl::Status()> work);

  // kInvalidArgument (LIBRARY_MISSING), kNotFound (LIBRARY_UNKNOWN).
  absl::StatusOr<std::int64_t> NamedLibrary(const std::string& library);
  absl::Status SetPaused(const std::string& library, bool paused);
  // The smallest without a name. kNotFound (RECIPE_UNKNOWN).
  absl::StatusOr<StoredRecipe> FindRecipe(const std::string& name);
  absl::Status BeginThumbnail(const std::shared_ptr<ThumbnailCall>& call);
  // True when the call was answered.
  bool AnswerThumbnail(ThumbnailCall& call);
  absl::Status BeginSync(const std::shared_ptr<SyncCall>& call);
  absl::Status AskSyncPoint(SyncCall& call);
  void AskAgainWhenDue(const std::shared_ptr<SyncCall>& call);
  bool AnswerSync(SyncCall& call);

  PgCatalog& catalog_;
  ChangeFeed& feed_;
  StatsSource& stats_;
  const OperatorParts operator_;
  std::atomic<bool> stopping_ = false;
  TaskPool rpc_pool_;
  TaskPool sync_pool_;
  WaitList waiting_;
  StatsBroadcast broadcast_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RPC_THUMBNAIL_SERVICE_H_
