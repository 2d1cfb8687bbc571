#ifndef HESTIA_WATCHER_SERVICE_TREE_INOTIFY_READER_H_
#define HESTIA_WATCHER_SERVICE_TREE_INOTIFY_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/named_thread.h"
#include "common/unique_fd.h"
#include "watcher-service/tree/event_buffer.h"

namespace hestia {

// One inotify instance and the thread that does nothing but empty its kernel queue into a
// capped buffer, so that the queue overflows as late as possible. In a burst it lets events gather
// for some milliseconds, since one wake-up costs as much as many events.
//
// Thread-safety: every method from any thread.
// Blocking: Take waits; nothing else does.
// Memory: that of an EventBuffer, and half a MiB in the batch last taken.
class InotifyReader {
 public:
  // Starts the thread as `thread_name`.
  //   kResourceExhausted  the kernel gives out no more instances; the message names the limit.
  static absl::StatusOr<std::unique_ptr<InotifyReader>> Create(const std::string& thread_name,
                                                               std::size_t capacity);
  ~InotifyReader();

  // Watches the open directory, or returns the number of the watch it already has. Negative:
  // -errno.
  int Watch(int directory_fd);
  void Unwatch(int wd);

  // Waits until there is an event, a flush or a Wake(), at most `timeout`, and takes the oldest.
  // Its `flushed`: everything that was in the kernel's queue when RequestFlush() returned a number
  // up to this is in this batch or an earlier one.
  EventBuffer::Batch Take(absl::Duration timeout);

  // Has the kernel's queue emptied once more.
  std::uint64_t RequestFlush();
  // Makes the present or next Take return.
  void Wake();

  // As if the kernel had said that its queue overflowed.
  void InjectOverflow();

  // Events taken in since start.
  std::uint64_t event_count() const;

 private:
  InotifyReader(UniqueFd inotify, UniqueFd wake, std::size_t capacity);

  void Run();
  void Await(absl::Duration gather);
  absl::Duration TimeToGather();
  bool DrainKernelQueue();
  bool SomethingLocked() const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  void WakeReader();

  const UniqueFd inotify_;
  const UniqueFd wake_;  // eventfd: stop or flush
  mutable absl::Mutex mu_;
  EventBuffer buffer_ ABSL_GUARDED_BY(mu_);
  bool woken_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::uint64_t requested_ ABSL_GUARDED_BY(mu_) = 0;
  std::uint64_t event_count_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Duration window_began_;     // the reader's, see TimeToGather
  std::uint64_t window_count_ = 0;  // event_count_ then
  NamedThread thread_;  // last: it uses everything above
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_TREE_INOTIFY_READER_H_
