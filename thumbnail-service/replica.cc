#include "thumbnail-service/replica.h"

#include <signal.h>
#include <unistd.h>

#include <utility>

#include <absl/random/random.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>
#include <absl/time/clock.h>

#include "common/logging.h"
#include "common/version.h"
#include "thumbnail-service/render/render_settings.h"
#include "thumbnail-service/rpc/watcher_files.h"
#include "thumbnail-service/store/migrator.h"
#include "thumbnail-service/store/pg_ingest_store.h"
#include "thumbnail-service/store/pg_replica_registry.h"
#include "thumbnail-service/store/pg_rescue_store.h"
#include "thumbnail-service/store/pg_verdict_upkeep.h"

namespace hestia {
namespace {

constexpr char kServiceName[] = "hestia.thumbnail.v1.ThumbnailService";
constexpr int kQueueConnections = 4;
constexpr int kSteeringConnections = 2;
// A heartbeat that is not answered by then is one that failed.
constexpr PgLimits kBeatLimits{.statement = absl::Seconds(3), .lock = absl::Seconds(3),
                               .answer = absl::Seconds(4)};
// Together under the ten seconds in which a stop must be over.
constexpr absl::Duration kRenderGrace = absl::Seconds(4);
constexpr absl::Duration kCallGrace = absl::Seconds(1);

std::string NewReplicaId() {
  absl::BitGen random;
  return absl::StrFormat("%016x", absl::Uniform<std::uint64_t>(random));
}

std::string HostAndProcess() {
  char host[256] = {};
  gethostname(host, sizeof(host) - 1);
  return absl::StrCat(host, ":", getpid());
}

std::unique_ptr<FileAccess> MakeFileAccess(const Config& config, const LibraryRoots& roots) {
  if (!config.files_by_grpc) return std::make_unique<OpenedFolders>(roots);
  return std::make_unique<WatcherFiles>(config.watcher_address, roots);
}

// main() waits for it, and knows how to end.
void EndProcess() { kill(getpid(), SIGTERM); }

}  // namespace

Replica::Replica(const Config& config)
    : id_(NewReplicaId()),
      name_(HostAndProcess()),
      roots_(config.libraries),
      files_(MakeFileAccess(config, roots_)),
      feed_(config.watcher_address),
      // Nothing is announced before the heartbeat has opened the fence, nor after the workers
      // are stopped; the listener lives longer at both ends.
      queue_(config.database_url, id_, DecoderVersionFromSettings(), kQueueConnections,
             [this](bool jobs, bool progress) { listener_->Announce(jobs, progress); }),
      catalog_(config.database_url, DecoderVersionFromSettings(),
               ThumbnailService::kRpcThreads + 1),
      steering_(config.database_url, kSteeringConnections),
      recipes_(config.database_url, DecoderVersionFromSettings(), kSteeringConnections),
      explainer_(config.database_url, DecoderVersionFromSettings(), 1),
      stats_(catalog_, counters_, id_),
      service_(catalog_, feed_, stats_,
               OperatorParts{steering_, recipes_, explainer_, config.removal_grace,
                             [this](absl::Time deadline) { return Drain(deadline); },
                             // Made with the renderers, before the server is.
                             [this] { return capabilities_->Ask(); }, EndProcess}) {}

absl::StatusOr<std::unique_ptr<Replica>> Replica::Start(const Config& config) {
  std::unique_ptr<Replica> replica(new Replica(config));
  absl::StatusOr<Thumbnailers> thumbnailers = replica->StartRenderers(config);
  if (!thumbnailers.ok()) return thumbnailers.status();
  if (absl::Status status = replica->StartServer(config); !status.ok()) return status;
  replica->StartWorkers(*std::move(thumbnailers));

  replica->StartDuties(config);
  replica->running_ = true;
  return replica;
}

void Replica::StartDuties(const Config& config) {
  const std::string url = config.database_url;
  const auto make_registry = [&](PgLimits limits) {
    return std::make_unique<PgReplicaRegistry>(url, id_, name_, limits,
                                               DecoderVersionFromSettings());
  };
  listener_ = std::make_unique<PgListener>(
      url, PgListener::Options{},
      PgListener::Calls{.jobs = [this] { workers_->Wake(); },
                        .progress = [this] { service_.Progress(); }});
  heartbeat_ = std::make_unique<Heartbeat>(
      Heartbeat::Options{.workers = config.workers, .valid_for = config.rescue_after / 2},
      make_registry(kBeatLimits), counters_, fence_, [this] { return files_->Problem(); },
      [this](bool alive) { server_->SetServing(alive); },
      [this] {
        outdated_ = true;
        EndProcess();
      });
  rescuer_ = std::make_unique<Rescuer>(
      Rescuer::Options{.patience = {.without_beat = config.rescue_after},
                       // Two tries of every image that may be ahead, and ample time to store.
                       .claim_deadline = 20 * RenderLimitsFromSettings().timeout +
                                         absl::Minutes(5)},
      std::make_unique<PgRescueStore>(url, id_));
  upkeep_ = std::make_unique<Upkeep>(
      Upkeep::Options{.removal_grace = config.removal_grace}, make_registry({}), recipes_,
      std::make_unique<PgVerdictUpkeep>(url, DecoderVersionFromSettings()));
  ingest_ = std::make_unique<IngestLead>(
      IngestLead::Options{}, feed_, make_registry({}),
      [url, limits = config.mass_removal] {
        return std::make_unique<PgIngestStore>(url, DecoderVersionFromSettings(), limits);
      },
      roots_);
}

absl::Status Replica::StartServer(const Config& config) {
  absl::StatusOr<std::unique_ptr<GrpcServer>> server =
      GrpcServer::Start(config.listen, kServiceName, &service_);
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  return absl::OkStatus();
}

absl::StatusOr<Replica::Thumbnailers> Replica::StartRenderers(const Config& config) {
  const absl::StatusOr<RendererPrograms> programs = FindRendererPrograms();
  if (!programs.ok()) return programs.status();
  const RenderLimits limits = RenderLimitsFromSettings();
  const std::shared_ptr<WorkerSource> workers = MakeWorkerSource(*programs, limits);
  capabilities_ = std::make_unique<Capabilities>(*programs, workers, limits,
                                                 SourceLimitsFromSettings());
  const auto budget =
      std::make_shared<MemoryBudget>(MemoryBudgetFromSettings(), config.workers);
  Posture posture{.layers = kAllJailLayers};
  Thumbnailers thumbnailers;
  for (int i = 0; i < config.workers; ++i) {
    auto thumbnailer = std::make_unique<JobThumbnailer>(*files_, SourceLimitsFromSettings(),
                                                        *programs, limits, workers, budget);
    const absl::StatusOr<Posture> reached = thumbnailer->Prepare();
    if (!reached.ok()) return reached.status();
    posture = {.layers = posture.layers & reached->layers, .landlock_abi = reached->landlock_abi};
    thumbnailers.push_back(std::move(thumbnailer));
  }
  const Isolation isolation = Describe(posture);
  const std::string text =
      absl::StrCat("renderers jailed layers=", absl::StrJoin(isolation.layers, ","),
                   " landlock_abi=", isolation.landlock_abi);
  if (isolation.missing.empty()) {
    LogInfo(text);
  } else {
    LogWarning(absl::StrCat(text, " missing=", absl::StrJoin(isolation.missing, ",")));
  }
  stats_.SetIsolation(isolation);
  return thumbnailers;
}

void Replica::StartWorkers(Thumbnailers thumbnailers) {
  workers_ = std::make_unique<WorkerPool>(
      WorkerPool::Options{.fence = &fence_}, queue_, counters_, [this] { return files_->Available(); },
      std::move(thumbnailers));
}

absl::Status Replica::Drain(absl::Time deadline) {
  if (!running_) return absl::UnavailableError("the replica is just starting; try again");
  server_->Withdraw();
  workers_->Rest();
  {
    absl::MutexLock lock(&ingest_stop_mu_);
    ingest_->Stop();
  }
  if (workers_->AwaitRested(deadline - absl::Now())) return absl::OkStatus();
  return absl::DeadlineExceededError("still finishing what is in work; ask again");
}

// Refuse new, finish old, cancel, join.
void Replica::Stop() {
  if (std::exchange(stopped_, true)) return;
  if (server_ != nullptr) server_->Withdraw();
  if (ingest_ != nullptr) {
    absl::MutexLock lock(&ingest_stop_mu_);
    ingest_->Stop();
  }
  // What an outdated replica would still render may not be stored.
  if (workers_ != nullptr) workers_->Stop(outdated_ ? absl::ZeroDuration() : kRenderGrace);
  service_.Stop();
  if (server_ != nullptr) server_->Stop(kCallGrace);
  if (listener_ != nullptr) listener_->Stop();
  if (rescuer_ != nullptr) rescuer_->Stop();
  if (upkeep_ != nullptr) upkeep_->Stop();
  if (heartbeat_ != nullptr) heartbeat_->Stop();
}

Replica::~Replica() { Stop(); }

}  // namespace hestia
