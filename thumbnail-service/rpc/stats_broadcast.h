#ifndef HESTIA_THUMBNAIL_SERVICE_RPC_STATS_BROADCAST_H_
#define HESTIA_THUMBNAIL_SERVICE_RPC_STATS_BROADCAST_H_

#include <cstddef>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_set.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>
#include <grpcpp/support/server_callback.h>

#include "common/named_thread.h"
#include "thumbnail-service/rpc/stats_source.h"

namespace hestia {

// Serves all WatchStats streams: reads the numbers once per beat for whoever is due.
//
// Thread-safety: Watch from gRPC's threads; Stop from the owner's. Starts one thread, "stats".
// Lifetime: `source` outlives it; it outlives the server whose streams it serves.
// Memory: one message a stream; at most `capacity` streams.
class StatsBroadcast {
 public:
  using Reactor = grpc::ServerWriteReactor<thumbnail::v1::WatchStatsResponse>;

  StatsBroadcast(StatsSource& source, std::size_t capacity);
  ~StatsBroadcast();

  // Opens a stream with a message every `interval`. Never blocks; over capacity, or when
  // stopping, the stream ends at once with the reason.
  Reactor* Watch(absl::Duration interval);

  // Ends all streams with UNAVAILABLE and joins the thread. Idempotent.
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  class Stream;

  void Run();
  void Register(Stream* stream) ABSL_LOCKS_EXCLUDED(mu_);
  void Unregister(Stream* stream) ABSL_LOCKS_EXCLUDED(mu_);
  bool DueLocked() const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  absl::Duration UntilDueLocked() const ABSL_SHARED_LOCKS_REQUIRED(mu_);

  StatsSource& source_;
  const std::size_t capacity_;
  // Held while a stream is written to, so that OnDone cannot free it meanwhile. Lock order:
  // this one, then a stream's own.
  absl::Mutex mu_;
  absl::flat_hash_set<Stream*> streams_ ABSL_GUARDED_BY(mu_);
  bool changed_ ABSL_GUARDED_BY(mu_) = false;  // a stream came: look who is due
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  NamedThread thread_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RPC_STATS_BROADCAST_H_
