#ifndef HESTIA_WATCHER_SERVICE_WATCH_EVENT_TRANSLATOR_H_
#define HESTIA_WATCHER_SERVICE_WATCH_EVENT_TRANSLATOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "watcher-service/events/ignore_policy.h"
#include "watcher-service/events/rename_pairing.h"
#include "watcher-service/events/settle_set.h"
#include "watcher-service/feed/library_feed.h"
#include "watcher-service/tree/event_buffer.h"
#include "watcher-service/tree/path_memory.h"
#include "watcher-service/tree/watched_tree.h"

namespace hestia {

// Turns what the kernel told into marks in the feed: lets files settle, pairs renames, and
// keeps the tree of watches in step with the directories.
//
// Thread-safety: none. Blocking: the disk. Time: passed in, on one clock.
// Memory: the capacity of the settle set and of the pairing.
class EventTranslator {
 public:
  // All references are borrowed.
  EventTranslator(WatchedTree& tree, LibraryFeed& feed, const IgnorePolicy& ignore,
                  SettleSet::Timing timing, std::size_t settle_capacity);

  void Handle(const RawEvent& event, absl::Duration now);
  // Tells what is at rest by now, and what has left the library.
  void Step(absl::Duration now);
  // When Step has something to do next.
  absl::Duration NextDeadline() const;

  // A poll found a file that may still be being written: told once it stands still.
  void Busy(const SettleSet::Key& key, absl::Duration now);

  // Everything was looked through: files that differ from their last look must stand still from
  // now on.
  void LookAtWriting(absl::Duration now);

  // Forgets half-told renames: history was lost.
  void ForgetDepartures();

  // The root itself was moved, deleted or unmounted since the last call.
  bool TakeRootTouched();

  const SettleSet& settling() const { return settling_; }
  // Path text of files being written, at most `max` of them.
  std::shared_ptr<const WritingFiles> Writing(std::size_t max);
  // Rises whenever Writing() may answer differently.
  std::uint64_t writing_changes() const {
    return settling_.writing_changes() + directory_moves_;
  }
  const RenamePairing& pairing() const { return pairing_; }

 private:
  void HandleSelf(DirectoryNode& node, std::uint32_t mask);
  void HandleDirectory(DirectoryNode& parent, const RawEvent& event, absl::Duration now);
  void HandleFile(DirectoryNode& parent, const RawEvent& event, absl::Duration now);
  void DirectoryMoved(DirectoryNode& parent, const RawEvent& event);
  void FileArrived(const RawEvent& event, const SettleSet::Key& key, absl::Duration now);
  void FileDeleted(const DirectoryNode& parent, const SettleSet::Key& key);
  // None when no regular file is there.
  std::optional<SettleSet::Fingerprint> Look(const SettleSet::Key& key);
  void Leave(RenamePairing::Departure departure);
  void Left(const RenamePairing::Departure& departure);
  void DirectoryGone(const RenamePairing::Departure& departure);
  void PermissionsChanged(DirectoryNode& node);
  void Revisit(DirectoryNode& node);
  void Tell(const SettleSet::Key& key, const SettleSet::News& news, absl::Duration now);
  // Path text; none while a parent is on its way, or when it is too long to be told.
  std::optional<std::string> PathOf(const DirectoryNode& parent, absl::string_view name);

  WatchedTree& tree_;
  PathMemory paths_;
  LibraryFeed& feed_;
  const IgnorePolicy& ignore_;
  SettleSet settling_;
  RenamePairing pairing_;
  bool root_touched_ = false;
  std::uint64_t directory_moves_ = 0;
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_WATCH_EVENT_TRANSLATOR_H_
