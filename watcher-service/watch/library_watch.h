#ifndef HESTIA_WATCHER_SERVICE_WATCH_LIBRARY_WATCH_H_
#define HESTIA_WATCHER_SERVICE_WATCH_LIBRARY_WATCH_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/btree_set.h>
#include <absl/random/random.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/library_name.h"
#include "common/named_thread.h"
#include "watcher-service/events/ignore_policy.h"
#include "watcher-service/events/poll_schedule.h"
#include "watcher-service/events/watch_mode.h"
#include "watcher-service/feed/library_feed.h"
#include "watcher-service/tree/inotify_reader.h"
#include "watcher-service/tree/mount_table.h"
#include "watcher-service/tree/watched_tree.h"
#include "watcher-service/watch/event_translator.h"
#include "watcher-service/watch/sync_tickets.h"
#include "watcher-service/watch/watch_options.h"

namespace hestia {

// How far the knowledge of a library goes. Numbered as in watcher.proto.
enum class WatchState { kScanning = 1, kWatching = 2, kDegraded = 3, kRootUnavailable = 4 };

// A library and how it is asked to be watched; kAuto: as the settings say.
struct LibrarySpec {
  LibraryRoot library;
  WatchMode mode = WatchMode::kAuto;
  bool configured = false;  // it comes from the configuration, and only the mode was asked for
};

struct WatchStatus {
  WatchState state = WatchState::kScanning;
  std::string detail;                  // why the state is what it is, a sentence
  std::vector<WatchProblem> problems;  // at most 20
  std::uint32_t problem_count = 0;
  std::uint64_t watched_directories = 0;
  std::uint64_t settling_files = 0;
  WatchMode mode = WatchMode::kEvents;   // as it is
  WatchMode forced = WatchMode::kAuto;   // as asked for
  std::vector<PolledPart> polled_parts;  // at most 20, uppermost
  std::uint64_t polled_directories = 0;
  absl::Duration poll_interval;
  std::optional<absl::Duration> last_poll;  // what it took
  std::uint64_t polls = 0;
  std::uint64_t polls_with_changes = 0;
  std::string real_root;  // without symbolic links, as last found; empty before
};

// Watches one library: an inotify instance, the thread that reads it, and a thread that
// turns events into marks in the feed.
//
// Thread-safety: every method from any thread.
// Blocking: Create (starts threads), the Await… methods, and the destructor, which waits for the
//   disk if that hangs: AwaitEnd() first. Nothing else.
// Memory: the capacities of WatchOptions, the journal, and one node a directory.
class LibraryWatch {
 public:
  // `options.mode` is how it begins to notice changes. The root may be missing; the library is
  // then ROOT_UNAVAILABLE until it appears.
  //   kResourceExhausted  the kernel gives out no more inotify instances.
  static absl::StatusOr<std::shared_ptr<LibraryWatch>> Create(LibraryRoot library, bool configured,
                                                              WatchOptions options);
  ~LibraryWatch();

  const LibraryRoot& library() const { return library_; }
  bool configured() const { return configured_; }
  const IgnorePolicy& ignore() const { return options_.ignore; }
  LibraryFeed& feed() { return feed_; }
  // While Hangs(), DEGRADED, or ROOT_UNAVAILABLE when the root was never reached.
  WatchStatus status() const;
  // Whether the watch thread waits for the disk for longer than WatchOptions::disk_patience.
  bool Hangs() const;
  std::uint64_t event_count() const { return reader_->event_count(); }

  // Calls `done` once, from the watch thread or this one, when everything done to the disk
  // before is in the feed. `done` must not block. Errors:
  //   kFailedPrecondition  (ROOT_UNAVAILABLE) nothing is known: try again later.
  //   kResourceExhausted   too many are waiting: try again.
  //   kUnavailable         (STOPPING) ask the next watcher.
  void Sync(SyncDone done);

  // Has everything listed to all subscribers; the cursor is reached after that listing.
  //   kFailedPrecondition  (ROOT_UNAVAILABLE).
  absl::StatusOr<Cursor> Rescan();

  // Waits for the end of the first walk, for one that Hangs() no longer. False: it was stopped
  // before, or hangs.
  bool AwaitFirstWalk();

  // Notices changes another way from now on. Nothing is lost meanwhile.
  void SetMode(WatchMode mode);

  // Waits at most `patience` until directories are observed in the mode asked for last, so that
  // status() tells of it. False: it takes longer.
  bool AwaitMode(absl::Duration patience);

  // Ends all streams and waiting Syncs with `why`, and lets the threads come to their end. Idempotent.
  void End(const absl::Status& why);
  // Waits for that at most `patience`. False: the watch thread waits for a disk that does not
  // answer. Keep this object until it is true, or end the process.
  bool AwaitEnd(absl::Duration patience);

  // For tests of what no test can provoke: the kernel says that its queue overflowed.
  void InjectOverflow() { reader_->InjectOverflow(); }

 private:
  LibraryWatch(LibraryRoot library, bool configured, WatchOptions options,
               std::unique_ptr<InotifyReader> reader);

  // Between two looks at what could not be read.
  static constexpr absl::Duration kRetryInterval = absl::Minutes(1);

  void Run();
  void SetBusySince(absl::Duration when);
  // Since when it hangs, or will if its step does not end.
  absl::Duration HangsFromLocked() const ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return busy_since_ + options_.disk_patience;
  }
  absl::Duration Timeout(absl::Duration now);
  void Step(const EventBuffer::Batch& batch, absl::Duration now);
  absl::Status RootUnavailable() const;
  void OpenRoot(absl::Duration now);
  void CheckRoot(absl::Duration now);
  void CheckMounts();
  void LoseRoot(absl::Duration now);
  void Recover(absl::Duration now);
  void BeginWalk(absl::Duration now);
  void WalkOn(absl::Duration now);
  void WalkEnded(absl::Duration now);
  void BeginPollIfDue(absl::Duration now);
  void TellNews(absl::Duration now);
  void SetPolling(bool needed);
  void HearOfLooks(std::uint64_t flushed, absl::Duration now);
  void MeetStrangers();
  void TellStrangers();
  bool TakeNewMode() ABSL_LOCKS_EXCLUDED(mu_);
  void Maintain(absl::Duration now);
  void PublishStatus();
  std::string DescribeState(const WatchStatus& status) const;
  void PublishWriting();

  void AnswerTickets(std::uint64_t flushed, absl::Duration now);
  absl::Duration NextReconcile(absl::Duration now);

  const LibraryRoot library_;
  const bool configured_;
  const WatchOptions options_;
  LibraryFeed feed_;
  const std::unique_ptr<InotifyReader> reader_;

  SyncTickets tickets_;

  mutable absl::Mutex mu_;
  WatchStatus status_ ABSL_GUARDED_BY(mu_);
  // When the watch thread's step began; infinite: it waits.
  absl::Duration busy_since_ ABSL_GUARDED_BY(mu_) = absl::InfiniteDuration();
  bool first_walk_done_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status stopped_ ABSL_GUARDED_BY(mu_);  // not OK: end
  bool rescan_ ABSL_GUARDED_BY(mu_) = false;
  WatchMode forced_ ABSL_GUARDED_BY(mu_);
  bool mode_changed_ ABSL_GUARDED_BY(mu_) = false;
  bool mode_known_ ABSL_GUARDED_BY(mu_) = false;  // status_ shows the mode asked for last
  bool ended_ ABSL_GUARDED_BY(mu_) = false;       // the watch thread touches nothing any more

  // Only the watch thread touches what follows.
  WatchedTree tree_;
  MountTable mounts_;
  EventTranslator translator_;
  WatchState state_ = WatchState::kScanning;
  std::string detail_;
  bool walking_ = false;  // everything is looked at
  bool polling_ = false;  // what is polled is looked at
  absl::Duration look_began_;  // of the walk or poll under way
  bool look_found_changes_ = false;
  PollRounds rounds_;
  PollSchedule schedule_;
  std::uint64_t told_parts_at_ = 0;  // DirectoryTree::changes()
  std::vector<PolledPart> polled_parts_;
  // Directories (text) that a listing looked into and no poll has met.
  absl::btree_set<std::string> strangers_;
  std::uint64_t polls_ = 0;
  std::uint64_t polls_with_changes_ = 0;
  bool was_lost_ = false;  // the root has been away
  std::shared_ptr<const RootDirectory> root_;       // while it is there
  std::shared_ptr<const RootDirectory> last_root_;  // it, or the one before
  std::uint64_t hearing_looks_ = 0;  // LibraryFeed::looks() when last asked about
  std::uint64_t hearing_flush_ = 0;  // that tells that they are heard of; 0 = none
  absl::Duration next_hearing_;
  absl::Duration last_step_;
  absl::Duration next_root_check_;
  absl::Duration next_reconcile_;
  absl::Duration next_retry_;
  std::uint64_t told_writing_ = 0;  // EventTranslator::writing_changes() when last told
  absl::BitGen random_;

  NamedThread thread_;  // last: it uses everything above
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_WATCH_LIBRARY_WATCH_H_
