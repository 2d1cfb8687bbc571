#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_INGEST_LEAD_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_INGEST_LEAD_H_

#include <functional>
#include <memory>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/named_thread.h"
#include "thumbnail-service/jobs/change_feed.h"
#include "thumbnail-service/jobs/ingestor.h"
#include "thumbnail-service/jobs/library_roots.h"
#include "thumbnail-service/jobs/replica_registry.h"

namespace hestia {

// Learns the libraries from the watcher, competes for their leases and runs an Ingestor for
// each one it holds. Among any number of replicas every library has one ingestor.
//
// Thread-safety: construct and Stop from the owner's thread.
// Lifetime: all references outlive it. Starts one thread, "ingest-lead".
class IngestLead {
 public:
  struct Options {
    absl::Duration beat = absl::Seconds(1);
    // A lease outlives a few missed beats; a dead owner's library waits this long, or until
    // the owner is known to be dead. The heartbeat renews it too, so that nothing that takes
    // long on this thread costs a lease.
    absl::Duration lease_ttl = absl::Seconds(6);
  };
  using MakeStore = std::function<std::unique_ptr<IngestStore>()>;

  IngestLead(Options options, ChangeFeed& feed, std::unique_ptr<ReplicaRegistry> registry,
             MakeStore make_store, LibraryRoots& roots);
  ~IngestLead();

  // Ends all ingest and gives the leases back. Idempotent.
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Run();
  void Beat();
  void LearnLibraries();
  void RecallLibraries();
  void Compete(const RegisteredLibrary& library);
  void GiveBack(std::unique_ptr<Ingestor>& ingestor);
  bool AwaitBeat() ABSL_LOCKS_EXCLUDED(mu_);

  const Options options_;
  ChangeFeed& feed_;
  const std::unique_ptr<ReplicaRegistry> registry_;
  const MakeStore make_store_;
  LibraryRoots& roots_;
  bool watcher_reachable_ = true;  // for one log line per change
  std::vector<RegisteredLibrary> libraries_;
  absl::flat_hash_map<std::int64_t, std::unique_ptr<Ingestor>> ingestors_;

  absl::Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  NamedThread thread_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_INGEST_LEAD_H_
