#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_REPLICA_REGISTRY_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_REPLICA_REGISTRY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "thumbnail-service/jobs/change_feed.h"
#include "thumbnail-service/jobs/ingest_store.h"
#include "thumbnail-service/jobs/work_counters.h"

namespace hestia {

// A library's row.
struct RegisteredLibrary {
  std::int64_t id = 0;
  std::string name;
};

// What a heartbeat found.
struct BeatEffect {
  // There was no row: the first beat, or the others took this replica for dead meanwhile and
  // gave its jobs and leases away.
  bool inserted = false;
  // The database was brought to the schema of a newer release meanwhile; 0: it was not. This
  // replica reads and writes as its own release does and must end.
  int newer_schema = 0;
};

// How the replicas of this service know of each other, through the database.
//
// Thread-safety: none; one instance per thread.
// Blocking: every method is one short transaction.
// Errors: kUnavailable, kAborted  try again with the next beat.
class ReplicaRegistry {
 public:
  virtual ~ReplicaRegistry() = default;

  // Says that this replica lives, and its numbers. Inserts its row when there is none, and
  // takes a lock that ends with the session, which is made anew after kUnavailable.
  virtual absl::StatusOr<BeatEffect> Beat(const WorkFigures& figures, int workers,
                                          const std::string& problem) = 0;
  // Holds all leases of this replica for `ttl` more. Waits for no lock: a lease in use just
  // now cannot be taken over either.
  virtual absl::Status RenewLeases(absl::Duration ttl) = 0;
  // Forgets identities older than `grace`, and contents that nothing refers to any more.
  // Returns how many contents.
  virtual absl::StatusOr<int> CollectRemoved(absl::Duration grace) = 0;
  // Hands back everything this replica holds and removes its row.
  virtual absl::Status Leave() = 0;

  // The libraries that the watcher named last, with their ids.
  virtual absl::StatusOr<std::vector<RegisteredLibrary>> ReadLibraries() = 0;
  // Writes the watcher's present list into `libraries`: new ones are inserted, ones that it
  // no longer names become DETACHED. Returns the named ones with their ids, in that order.
  virtual absl::StatusOr<std::vector<RegisteredLibrary>> RegisterLibraries(
      absl::Span<const WatchedLibrary> watched) = 0;
  // Takes or renews the right to ingest for `ttl`. nullopt: another live replica has it.
  virtual absl::StatusOr<std::optional<Lease>> TryLease(std::int64_t library_id,
                                                        absl::Duration ttl) = 0;
  // Gives a lease back at once, so that another replica need not wait for its end.
  virtual absl::Status ReleaseLease(const Lease& lease) = 0;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_REPLICA_REGISTRY_H_
