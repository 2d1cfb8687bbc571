#ifndef HESTIA_THUMBNAIL_SERVICE_REPLICA_H_
#define HESTIA_THUMBNAIL_SERVICE_REPLICA_H_

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/grpc_server.h"
#include "thumbnail-service/config.h"
#include "thumbnail-service/jobs/fence.h"
#include "thumbnail-service/jobs/heartbeat.h"
#include "thumbnail-service/jobs/file_access.h"
#include "thumbnail-service/jobs/ingest_lead.h"
#include "thumbnail-service/jobs/library_roots.h"
#include "thumbnail-service/jobs/rescuer.h"
#include "thumbnail-service/jobs/upkeep.h"
#include "thumbnail-service/jobs/work_counters.h"
#include "thumbnail-service/jobs/worker_pool.h"
#include "thumbnail-service/render/capabilities.h"
#include "thumbnail-service/render/job_thumbnailer.h"
#include "thumbnail-service/rpc/stats_source.h"
#include "thumbnail-service/rpc/thumbnail_service.h"
#include "thumbnail-service/rpc/watcher_feed.h"
#include "thumbnail-service/store/pg_catalog.h"
#include "thumbnail-service/store/pg_explainer.h"
#include "thumbnail-service/store/pg_job_queue.h"
#include "thumbnail-service/store/pg_listener.h"
#include "thumbnail-service/store/pg_recipe_book.h"
#include "thumbnail-service/store/pg_steering.h"

namespace hestia {

// One running replica: all parts wired in the order of their dependence, stopped in the
// reverse order.
//
// Thread-safety: use from main()'s thread.
class Replica {
 public:
  // Starts everything on a database that is migrated. Serves at once, healthy with the first
  // heartbeat.
  //   kInvalidArgument, kNotFound  the address is taken, a renderer program is missing: tell
  //                                the user
  //   kUnavailable                 the database went away: start again
  static absl::StatusOr<std::unique_ptr<Replica>> Start(const Config& config);

  // Unhealthy, refuses new work, finishes the old for some seconds, hands back the rest,
  // joins all threads. At most 10 s. Idempotent.
  void Stop();
  ~Replica();

  const std::string& address() const { return server_->address(); }
  absl::string_view id() const { return id_; }
  // A newer release changed the database's schema under this replica, which then asked its process
  // to end (SIGTERM): not a success.
  bool outdated() const { return outdated_; }

 private:
  explicit Replica(const Config& config);

  // See ThumbnailService.Drain; from an RPC's thread.
  absl::Status Drain(absl::Time deadline);

  using Thumbnailers = std::vector<std::unique_ptr<Thumbnailer>>;

  absl::StatusOr<Thumbnailers> StartRenderers(const Config& config);
  void StartWorkers(Thumbnailers thumbnailers);
  absl::Status StartServer(const Config& config);
  void StartDuties(const Config& config);

  // Members in the order of their dependence: destroyed from the last to the first.
  const std::string id_;
  const std::string name_;
  WorkCounters counters_;
  Fence fence_;
  LibraryRoots roots_;
  const std::unique_ptr<FileAccess> files_;
  WatcherFeed feed_;
  PgJobQueue queue_;
  PgCatalog catalog_;
  PgSteering steering_;
  PgRecipeBook recipes_;
  PgExplainer explainer_;
  StatsSource stats_;
  std::unique_ptr<Capabilities> capabilities_;
  ThumbnailService service_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<PgListener> listener_;
  std::unique_ptr<Heartbeat> heartbeat_;
  std::unique_ptr<Rescuer> rescuer_;
  std::unique_ptr<Upkeep> upkeep_;
  std::unique_ptr<IngestLead> ingest_;
  std::atomic<bool> outdated_ = false;
  std::atomic<bool> running_ = false;  // all of the above is there
  absl::Mutex ingest_stop_mu_;  // who stops ingest: a drain or the end
  bool stopped_ = false;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_REPLICA_H_
