#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_LISTENER_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_LISTENER_H_

#include <atomic>
#include <functional>
#include <string>

#include <absl/time/time.h>

#include "common/named_thread.h"
#include "common/unique_fd.h"
#include "thumbnail-service/store/pg_session.h"

namespace hestia {

// Turns PostgreSQL's notifications into calls, and sends this replica's own. They are only a
// way to be prompt: both calls also come once per `fallback`, so a lost notification costs
// that long and nothing else.
//
// A notification is sent apart from the transaction it tells of, and at most one of a kind per
// `quiet`: PostgreSQL commits transactions that notify one after the other, fsync included.
//
// Thread-safety: construct and Stop from the owner's thread; Announce from any thread, it does
//   not block; the calls come on the listener's thread, "listen", and must not block.
class PgListener {
 public:
  struct Options {
    absl::Duration fallback = absl::Milliseconds(500);
    absl::Duration quiet = absl::Milliseconds(50);
    // A connection on which nothing came for so long is asked whether it is still one.
    absl::Duration probe = absl::Seconds(5);
    absl::Duration answer = absl::Seconds(5);  // to that question
  };
  struct Calls {
    std::function<void()> jobs;      // there may be jobs to claim
    std::function<void()> progress;  // something was ingested or finished
  };

  PgListener(const std::string& url, Options options, Calls calls);
  ~PgListener();

  // Tells all replicas, this one included, soon.
  void Announce(bool jobs, bool progress);

  // Joins; no call comes afterwards. Idempotent.
  void Stop();

 private:
  enum class Event { kStop, kTimeout, kReadable, kAnnounce };

  void Run();
  void Listen();
  Event Await(int socket, absl::Duration timeout);
  // How long until an announcement may be sent; all the time there is when none waits.
  absl::Duration UntilAnnouncement(absl::Duration now) const;
  void SendAnnouncements(pqxx::connection& connection);
  void Fallback();

  const Options options_;
  const Calls calls_;
  PgSession session_;
  UniqueFd wake_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> jobs_to_tell_ = false;
  std::atomic<bool> progress_to_tell_ = false;
  absl::Duration told_at_ = -absl::InfiniteDuration();
  bool listening_ = true;  // for one log line per change
  NamedThread thread_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_LISTENER_H_
