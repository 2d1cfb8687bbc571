#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_WATCHDOG_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_WATCHDOG_H_

#include <atomic>
#include <cstdint>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_set.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/named_thread.h"
#include "common/unique_fd.h"

namespace hestia {

// Ends calls that PostgreSQL does not answer. libpq waits for an answer without limit, and a
// connection whose other end is gone without a word (a proxy, a firewall that forgot it)
// acknowledges every packet and never answers. So each connection's socket is shut down when
// a call on it is overdue; the call then fails as on any lost connection.
//
// Thread-safety: Line's Expect and Answered from the thread that uses the connection.
// One per process; starts one thread, "db-watch", with the first connection.
class PgWatchdog {
 public:
  static PgWatchdog& Process();
  ~PgWatchdog();

  // One connection under watch.
  class Line {
   public:
    // Keeps its own descriptor of `socket`'s connection, so that it can never shut down
    // somebody else's.
    explicit Line(int socket);
    ~Line();
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    // An answer is due within `limit`, until Answered().
    void Expect(absl::Duration limit);
    void Answered();

   private:
    friend class PgWatchdog;
    const UniqueFd socket_;
    std::atomic<std::int64_t> due_ns_ = 0;  // MonotonicNow() in ns; 0: nothing is expected
  };

  // Expects an answer while it lives.
  class Expectation {
   public:
    Expectation(Line& line, absl::Duration limit) : line_(line) { line.Expect(limit); }
    ~Expectation() { line_.Answered(); }
    Expectation(const Expectation&) = delete;
    Expectation& operator=(const Expectation&) = delete;

   private:
    Line& line_;
  };

 private:
  PgWatchdog();
  void Run() ABSL_LOCKS_EXCLUDED(mu_);
  void ShutOverdueLocked(absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  absl::Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  absl::flat_hash_set<Line*> lines_ ABSL_GUARDED_BY(mu_);
  NamedThread thread_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_WATCHDOG_H_
