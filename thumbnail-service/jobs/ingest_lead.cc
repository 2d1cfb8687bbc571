#include "thumbnail-service/jobs/ingest_lead.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <absl/container/flat_hash_set.h>
#include <absl/strings/str_cat.h>

#include "common/crash_point.h"
#include "common/logging.h"

namespace hestia {
namespace {
constexpr absl::Duration kListTimeout = absl::Seconds(2);
}  // namespace

IngestLead::IngestLead(Options options, ChangeFeed& feed,
                       std::unique_ptr<ReplicaRegistry> registry, MakeStore make_store,
                       LibraryRoots& roots)
    : options_(options),
      feed_(feed),
      registry_(std::move(registry)),
      make_store_(std::move(make_store)),
      roots_(roots) {
  thread_ = NamedThread("ingest-lead", [this] { Run(); });
}

IngestLead::~IngestLead() { Stop(); }

void IngestLead::Stop() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  thread_.Join();
}

bool IngestLead::AwaitBeat() {
  absl::MutexLock lock(&mu_);
  return !mu_.AwaitWithTimeout(absl::Condition(&stopping_), options_.beat);
}

void IngestLead::Run() {
  RecallLibraries();
  do {
    Beat();
  } while (AwaitBeat());
  for (auto& [id, ingestor] : ingestors_) GiveBack(ingestor);
  ingestors_.clear();
}

void IngestLead::Beat() {
  LearnLibraries();
  for (const RegisteredLibrary& library : libraries_) Compete(library);
  // What is watched no more has no feed.
  absl::erase_if(ingestors_, [this](auto& entry) {
    const bool watched =
        std::any_of(libraries_.begin(), libraries_.end(),
                    [&](const RegisteredLibrary& library) { return library.id == entry.first; });
    if (!watched) GiveBack(entry.second);
    return !watched;
  });
}

// The heartbeat would renew a lease that is only dropped.
void IngestLead::GiveBack(std::unique_ptr<Ingestor>& ingestor) {
  const Lease lease = ingestor->lease();
  ingestor.reset();
  if (const absl::Status status = registry_->ReleaseLease(lease); !status.ok()) {
    LogWarning(absl::StrCat("lease not given back, it will expire: ", status.message()));
  }
}

void IngestLead::LearnLibraries() {
  const absl::StatusOr<std::vector<WatchedLibrary>> watched = feed_.ListLibraries(kListTimeout);
  if (watched.ok() != watcher_reachable_) {
    watcher_reachable_ = watched.ok();
    if (watched.ok()) {
      LogInfo("watcher reachable");
    } else {
      LogWarning(absl::StrCat("watcher not reachable, its changes wait there: ",
                              watched.status().message()));
    }
  }
  // What is ingested goes on; its streams notice by themselves when the watcher is back.
  if (!watched.ok()) return;
  absl::StatusOr<std::vector<RegisteredLibrary>> registered = registry_->RegisterLibraries(*watched);
  if (!registered.ok()) return;
  libraries_ = *std::move(registered);
  absl::flat_hash_set<std::int64_t> ids;
  for (std::size_t i = 0; i < libraries_.size(); ++i) {
    roots_.Register(libraries_[i].id, libraries_[i].name, (*watched)[i].root);
    ids.insert(libraries_[i].id);
  }
  roots_.KeepOnly(ids);
}

// A watcher that is away must not keep the jobs that are queued from being done.
void IngestLead::RecallLibraries() {
  const absl::StatusOr<std::vector<RegisteredLibrary>> known = registry_->ReadLibraries();
  if (!known.ok()) return;
  for (const RegisteredLibrary& library : *known) roots_.Register(library.id, library.name, "");
}

void IngestLead::Compete(const RegisteredLibrary& library) {
  const absl::StatusOr<std::optional<Lease>> lease =
      registry_->TryLease(library.id, options_.lease_ttl);
  // Trouble with the database: the ingestor meets it too, and the token guards what it writes.
  if (!lease.ok()) return;
  auto running = ingestors_.find(library.id);
  if (running != ingestors_.end()) {
    const Ingestor& ingestor = *running->second;
    if (lease->has_value() && (*lease)->token == ingestor.lease().token && !ingestor.ended()) return;
    ingestors_.erase(running);
  }
  if (!lease->has_value()) return;
  HESTIA_CRASH_POINT("takeover.committed");
  LogInfo(absl::StrCat("ingesting library=", library.name, " token=", (*lease)->token));
  ingestors_.emplace(library.id, std::make_unique<Ingestor>(library.name, **lease, feed_,
                                                            make_store_()));
}

}  // namespace hestia
