#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_LISTENER_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_LISTENER_H_

#include <functional>
#include <string>

#include <absl/time/time.h>

#include "common/named_thread.h"
#include "common/unique_fd.h"
#include "thumbnail-service/store/pg_session.h"

namespace hestia {

// Turns PostgreSQL's notifications into calls. They are only a way to be prompt: both calls
// also come once per `fallback`, so a lost notification costs that long and nothing else.
//
// Thread-safety: construct and Stop from the owner's thread; the calls come on the listener's
//   thread, "listen", and must not block.
class PgListener {
 public:
  struct Calls {
    std::function<void()> jobs;      // there may be jobs to claim
    std::function<void()> progress;  // something was ingested or finished
  };

  PgListener(const std::string& url, absl::Duration fallback, Calls calls);
  ~PgListener();

  // Joins; no call comes afterwards. Idempotent.
  void Stop();

 private:
  void Run();
  enum class Event { kStop, kTimeout, kReadable };
  Event Await(int socket);
  void Fallback();

  const absl::Duration fallback_;
  const Calls calls_;
  PgSession session_;
  UniqueFd stop_;
  NamedThread thread_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_LISTENER_H_
