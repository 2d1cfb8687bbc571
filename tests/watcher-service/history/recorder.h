#ifndef HESTIA_TESTS_WATCHER_SERVICE_HISTORY_RECORDER_H_
#define HESTIA_TESTS_WATCHER_SERVICE_HISTORY_RECORDER_H_

#include <utility>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include "common/monotonic_clock.h"
#include "tests/watcher-service/history/history.h"

namespace hestia {

// Notes what happens to one library as it happens.
//
// Thread-safety: any method from any thread.
class Recorder {
 public:
  template <typename What>
  void Note(What what) {
    absl::MutexLock lock(&mu_);
    history_.push_back({MonotonicNow(), std::move(what)});
  }
  int NewStream() {
    absl::MutexLock lock(&mu_);
    return ++streams_;
  }
  // The history so far.
  History Take() const {
    absl::MutexLock lock(&mu_);
    return history_;
  }

 private:
  mutable absl::Mutex mu_;
  int streams_ ABSL_GUARDED_BY(mu_) = 0;
  History history_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hestia

#endif  // HESTIA_TESTS_WATCHER_SERVICE_HISTORY_RECORDER_H_
