#ifndef HESTIA_WATCHER_SERVICE_RPC_STREAM_THREADS_H_
#define HESTIA_WATCHER_SERVICE_RPC_STREAM_THREADS_H_

#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>

#include "common/task_pool.h"

namespace hestia {

// Threads for one kind of streaming call: each open stream has one to itself, and there are
// no more streams than threads.
//
// Thread-safety: every method from any thread, but Stop from the owner's.
class StreamThreads {
 public:
  // Threads are named `name`-0, `name`-1, …  Where all are taken, Enter() answers `reason` and
  // names `setting`.
  StreamThreads(const std::string& name, int most, std::string reason, std::string setting);

  // Takes a thread; Run() must follow if OK.
  //   kUnavailable        STOPPING, after Refuse()
  //   kResourceExhausted  with the reason given
  absl::Status Enter() ABSL_LOCKS_EXCLUDED(mu_);
  // Runs `stream->Run()` on the thread taken, then deletes `stream`.
  template <typename Stream>
  void Run(Stream* stream) {
    // Accepted always: there are as many places as streams that may be entered.
    threads_.TryRun([this, stream] {
      stream->Run();
      delete stream;
      Leave();
    });
  }
  int open() const ABSL_LOCKS_EXCLUDED(mu_);

  // Enter() answers UNAVAILABLE from now on.
  void Refuse() ABSL_LOCKS_EXCLUDED(mu_);
  // Joins; every stream must have ended or been cancelled. Idempotent.
  void Stop() { threads_.Stop(); }

 private:
  void Leave() ABSL_LOCKS_EXCLUDED(mu_);

  const int most_;
  const std::string reason_;
  const std::string setting_;
  mutable absl::Mutex mu_;
  int open_ ABSL_GUARDED_BY(mu_) = 0;
  bool refusing_ ABSL_GUARDED_BY(mu_) = false;
  TaskPool threads_;
};

// What ends streams and Syncs when the process stops.
absl::Status StoppingStatus();

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_RPC_STREAM_THREADS_H_
