#ifndef HESTIA_WATCHER_SERVICE_LIBRARIES_LIBRARY_SET_H_
#define HESTIA_WATCHER_SERVICE_LIBRARIES_LIBRARY_SET_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/synchronization/mutex.h>

#include "common/library_name.h"
#include "common/settings.h"
#include "watcher-service/libraries/library_store.h"
#include "watcher-service/watch/library_watch.h"
#include "watcher-service/watch/watch_options.h"

namespace hestia {

// The libraries that are watched now: those of the configuration, and those added while
// running, which the store brings back after a restart.
//
// Thread-safety: every method from any thread.
// Blocking: Start and Add touch the disk; Remove and AwaitEnd wait for threads, for as long as
//   they say; the destructor waits for disks that do not answer, so AwaitEnd() first. Nothing else.
// Memory: at most `max_libraries` libraries, those included whose threads still wait for a disk.
class LibrarySet {
 public:
  LibrarySet(WatchOptions options, LibraryStore store, std::size_t max_libraries);
  ~LibrarySet();

  // Begins to watch `configured`, in the mode that was asked for of each while it had that root,
  // and what the store remembers. On a clash of names the configuration wins, with a line in the
  // log.
  //   any error  nothing can be watched as asked: tell the user and end.
  absl::Status Start(const std::vector<LibraryRoot>& configured);

  // `root` is path text. Adding what is there already returns it, watched as asked now.
  //   kInvalidArgument    LIBRARY_NAME_INVALID, ROOT_INVALID
  //   kAlreadyExists      LIBRARY_EXISTS
  //   kNotFound           ROOT_NOT_FOUND
  //   kResourceExhausted  too many libraries, or inotify instances used up
  //   kUnavailable        the state folder cannot be written: nothing was added
  absl::StatusOr<std::shared_ptr<LibraryWatch>> Add(absl::string_view name, absl::string_view root,
                                                    WatchMode mode = WatchMode::kAuto);
  // Waits at most WatchOptions::stop_patience for its threads; those that hang end by themselves
  // when their disk answers.
  //   kNotFound  LIBRARY_UNKNOWN
  absl::Status Remove(absl::string_view name);

  //   kNotFound  LIBRARY_UNKNOWN
  absl::StatusOr<std::shared_ptr<LibraryWatch>> Find(absl::string_view name) const;
  // In order of name.
  std::vector<std::shared_ptr<LibraryWatch>> All() const;

  // By name, the other libraries that have directories in common with it. Never blocks.
  std::map<std::string, std::vector<std::string>> Overlaps() const;

  // Waits until every library there is now has been walked once, has no root, or hangs (with a line
  // in the log), which holds up none but itself. False when stopped before.
  bool AwaitFirstWalks() const;

  // Ends all streams and Syncs with `why` and stops watching. Idempotent.
  void End(const absl::Status& why);
  // Waits for that at most `patience`. Returns the names of libraries whose threads wait for a
  // disk that does not answer: the process must be left without joining them.
  std::vector<std::string> AwaitEnd(absl::Duration patience);

 private:
  void Forget(const std::shared_ptr<LibraryWatch>& library, const absl::Status& why)
      ABSL_LOCKS_EXCLUDED(mu_) ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mu_);
  // How many of those removed have not ended; lets go of the others.
  std::size_t CountHung() ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mu_);
  absl::StatusOr<std::shared_ptr<LibraryWatch>> AddAgain(std::shared_ptr<LibraryWatch> known,
                                                         const LibrarySpec& spec)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mu_);
  absl::Status Begin(LibrarySpec spec, bool configured)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mu_);
  using Specs = std::map<std::string, LibrarySpec>;  // by name
  // Remembers these from now on, or, on an error, what was remembered before.
  absl::Status Remember(Specs added, Specs modes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mu_);

  const WatchOptions options_;
  const LibraryStore store_;
  const std::size_t max_libraries_;
  absl::Mutex change_mu_;  // one change at a time; taken before mu_
  // As AddLibrary asked for them; those that a configured one hides included.
  Specs added_ ABSL_GUARDED_BY(change_mu_);
  // Configured ones for which it asked for a mode.
  Specs modes_ ABSL_GUARDED_BY(change_mu_);
  // Removed, but waiting for a disk that does not answer.
  std::vector<std::shared_ptr<LibraryWatch>> hung_ ABSL_GUARDED_BY(change_mu_);
  mutable absl::Mutex mu_;
  absl::Status ending_ ABSL_GUARDED_BY(mu_);  // why all ends; OK: it does not
  std::map<std::string, std::shared_ptr<LibraryWatch>, std::less<>> libraries_ ABSL_GUARDED_BY(mu_);
};

// Adds what is wrong with the flags of this room.
void ValidateLibrarySettings(SettingErrors& errors);
// What the flags say; call after they were found right.
std::unique_ptr<LibrarySet> LibrarySetFromSettings();
std::vector<LibraryRoot> LibrariesFromSettings();

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_LIBRARIES_LIBRARY_SET_H_
