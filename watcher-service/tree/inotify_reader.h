#ifndef HESTIA_WATCHER_SERVICE_TREE_INOTIFY_READER_H_
#define HESTIA_WATCHER_SERVICE_TREE_INOTIFY_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/named_thread.h"
#include "common/unique_fd.h"

namespace hestia {

// One thing the kernel told, see inotify(7).
struct RawEvent {
  int wd = -1;
  std::uint32_t mask = 0;
  std::uint32_t cookie = 0;
  std::string name;  // raw bytes; empty: the watched directory itself
};

// One inotify instance and the thread that does nothing but empty its kernel queue into a
// capped buffer, so that the queue overflows as late as possible. In a burst it lets events gather
// for some milliseconds, since one wake-up costs as much as many events.
//
// Thread-safety: every method from any thread.
// Blocking: Take waits; nothing else does.
// Memory: at most `capacity` events here and as many in the batch last taken.
class InotifyReader {
 public:
  struct Batch {
    // Events are missing: the buffer or the kernel's queue was full. What was in the buffer
    // is dropped too, for nothing can be concluded from it.
    bool overflow = false;
    std::vector<RawEvent> events;
    // Everything that was in the kernel's queue when RequestFlush() returned a number up to
    // this is in this batch or an earlier one.
    std::uint64_t flushed = 0;
  };

  // Starts the thread as `thread_name`.
  //   kResourceExhausted  the kernel gives out no more instances; the message names the limit.
  static absl::StatusOr<std::unique_ptr<InotifyReader>> Create(const std::string& thread_name,
                                                               std::size_t capacity);
  ~InotifyReader();

  // Watches the open directory, or returns the number of the watch it already has. Negative:
  // -errno.
  int Watch(int directory_fd);
  void Unwatch(int wd);

  // Waits until there is an event, a flush or a Wake(), at most `timeout`, and takes all.
  Batch Take(absl::Duration timeout);

  // Has the kernel's queue emptied once more; see Batch::flushed.
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
  void Parse(absl::string_view bytes);
  bool SomethingLocked() const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  void OverflowLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void WakeReader();

  const UniqueFd inotify_;
  const UniqueFd wake_;  // eventfd: stop or flush
  const std::size_t capacity_;
  mutable absl::Mutex mu_;
  Batch batch_ ABSL_GUARDED_BY(mu_);
  bool woken_ ABSL_GUARDED_BY(mu_) = false;
  bool flush_news_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::uint64_t requested_ ABSL_GUARDED_BY(mu_) = 0;
  std::uint64_t event_count_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Duration window_began_;     // the reader's, see TimeToGather
  std::uint64_t window_count_ = 0;  // event_count_ then
  NamedThread thread_;  // last: it uses everything above
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_TREE_INOTIFY_READER_H_
