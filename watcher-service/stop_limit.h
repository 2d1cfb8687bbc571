#ifndef HESTIA_WATCHER_SERVICE_STOP_LIMIT_H_
#define HESTIA_WATCHER_SERVICE_STOP_LIMIT_H_

#include <absl/synchronization/notification.h>
#include <absl/time/time.h>

#include "common/named_thread.h"

namespace hestia {

// Bounds a stop. A thread that waits for a file server that hangs can be neither joined nor ended
// alone; so when this still exists after `limit`, the process ends as it is, with kStopLimitExit and
// a line in the log. Nothing is lost by that: what must outlast the process is on the disk already.
//
// Thread-safety: construct and destroy on one thread. Owns the thread "stop-limit".
inline constexpr int kStopLimitExit = 3;

class StopLimit {
 public:
  explicit StopLimit(absl::Duration limit);
  // In time: nothing happens.
  ~StopLimit() { stopped_.Notify(); }

 private:
  absl::Notification stopped_;
  NamedThread thread_;  // last: it uses the other
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_STOP_LIMIT_H_
