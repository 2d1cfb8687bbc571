#ifndef HESTIA_WATCHER_SERVICE_FEED_FILE_LOOKS_H_
#define HESTIA_WATCHER_SERVICE_FEED_FILE_LOOKS_H_

#include <sys/stat.h>

#include <atomic>
#include <cstddef>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "common/named_thread.h"

namespace hestia {

// Looks at files of one directory, many at a time. Whoever has looked at a thousand gets a second
// thread that takes a share of them, for a look waits for memory rather than for a processor's
// work.
//
// Thread-safety: none; the second thread works only while Look() runs.
// Blocking: the disk; the destructor does not wait for it.
// Memory: 152 bytes for each file looked at together; a thread.
class FileLooks {
 public:
  FileLooks() = default;
  FileLooks(const FileLooks&) = delete;
  FileLooks& operator=(const FileLooks&) = delete;
  ~FileLooks();

  struct Found {
    int error = 0;  // errno; else `status` tells
    struct stat status {};
  };

  // lstat of the first of `names` (raw, each ending with a NUL) in the open directory, until all
  // are looked at or `deadline` of the monotonic clock is past: how many, at least one of any. What
  // was found is at(0), at(1), … until the next call.
  std::size_t Look(int directory, absl::Span<const char* const> names, absl::Duration deadline);
  const Found& at(std::size_t index) const { return found_[index]; }

  // Whether there is a second thread by now.
  bool shared() const { return shared_; }

 private:
  // Where no thread can be had, all goes on with one.
  void StartSecond();
  void RunSecond();
  // For the second thread: takes what is offered. False: there will be nothing more.
  bool AwaitOffer() ABSL_LOCKS_EXCLUDED(mu_);
  void LookAtShare();

  // Written by Look() while the second thread waits, and only read while it works.
  int directory_ = -1;
  absl::Span<const char* const> names_;
  absl::Duration deadline_;
  std::vector<Found> found_;           // each is written by the thread that took its share
  std::atomic<std::size_t> taken_{0};  // names taken by either thread, from the front

  std::size_t looked_at_ = 0;
  bool shared_ = false;
  absl::Mutex mu_;
  bool offered_ ABSL_GUARDED_BY(mu_) = false;  // there is something to share
  bool helping_ ABSL_GUARDED_BY(mu_) = false;  // the second thread is at it
  bool ending_ ABSL_GUARDED_BY(mu_) = false;
  NamedThread second_;
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_FEED_FILE_LOOKS_H_
