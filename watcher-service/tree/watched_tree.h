#ifndef HESTIA_WATCHER_SERVICE_TREE_WATCHED_TREE_H_
#define HESTIA_WATCHER_SERVICE_TREE_WATCHED_TREE_H_

#include <sys/stat.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "common/unique_fd.h"
#include "watcher-service/events/ignore_policy.h"
#include "watcher-service/events/settle_set.h"
#include "watcher-service/events/watch_mode.h"
#include "watcher-service/feed/recent_directories.h"
#include "watcher-service/feed/root_directory.h"
#include "watcher-service/tree/directory_look.h"
#include "watcher-service/tree/directory_tree.h"
#include "watcher-service/tree/file_system.h"
#include "watcher-service/tree/inotify_reader.h"
#include "watcher-service/tree/problem_list.h"

namespace hestia {

// An uppermost directory that is polled, and why.
struct PolledPart {
  std::string path;  // text; empty is the root
  PollReason reason = PollReason::kNotPolled;
  std::uint32_t file_system = 0;
};

// What a walk or a poll found that no event tells.
struct TreeNews {
  enum class Kind {
    kFilesDiffer,     // files directly in the directory are not as they were when last looked at
    kFound,           // a directory that was not known, or could not be read; with its files
    kDirectoryGone,   // a directory is not there any more
  };
  Kind kind = Kind::kFilesDiffer;
  std::string path;  // text
};

// Observes every directory of a library that is not ignored: by a watch where the kernel gives
// one that means something, by polling elsewhere. A directory is watched first and looked into
// after, so that nothing that appears in between is missed.
//
// Thread-safety: none, but for Abandon(). Blocking: the disk.
// Memory: one node a directory; what polling remembers is one number a directory.
class WatchedTree {
 public:
  struct Options {
    WatchMode mode = WatchMode::kAuto;  // kEvents: whatever the file system; kPoll: everywhere
    absl::Duration recent = absl::Seconds(2);  // see DirectoryLook
    bool (*sends_events)(std::uint32_t file_system) = SendsEvents;
    bool (*counts_subdirectories)(std::uint32_t file_system) = CountsSubdirectories;
  };
  // Both references are borrowed.
  WatchedTree(InotifyReader& reader, const IgnorePolicy& ignore, Options options);

  // Begins with `root` and nothing known beneath it; Walk() does the work.
  void Start(std::shared_ptr<const RootDirectory> root);
  // Takes all watches away.
  void Stop();
  // Has every directory looked at again, keeping the watches.
  void WalkAgain();
  // Has every polled directory looked at, and what is found new in them; a walk under way does
  // that as well and goes on.
  void Poll();
  // Looks at up to `directories` more. True when no more is waiting.
  bool Walk(int directories);
  // Another way of noticing changes, from the next WalkAgain() on.
  void SetMode(WatchMode mode) { options_.mode = mode; }

  // Since the last call: what Walk found, in the order in which it must be told.
  std::vector<TreeNews> TakeNews() { return std::exchange(news_, {}); }
  // Since the last call: files in polled directories that may still be being written. To be
  // settled before the news is told.
  std::vector<SettleKey> TakeRecentFiles() { return std::exchange(recent_files_, {}); }

  // A directory appeared, or may be another one now: observes it and all beneath. The caller
  // has it listed; it makes no news.
  struct Arrival {
    bool there = false;      // a directory is there
    bool has_files = false;  // and regular files somewhere in it
  };
  Arrival Arrive(DirectoryNode& parent, const std::string& name);
  // The same by raw path, when its parent is known and its name not ignored.
  Arrival ArriveAt(absl::string_view path);
  // Half a rename: the directory keeps its watches but has no path.
  void Detach(DirectoryNode& node) { tree_.Detach(node); }
  // The other half; replaces what was at the new place. Then like Arrive.
  Arrival Rejoin(DirectoryNode& node, DirectoryNode& parent, const std::string& name);
  // Forgets what Rejoin could not place, since events and looks contradicted each other. True:
  // there was such a directory, and everything must be walked and listed anew.
  bool DropContradictions();
  // The directory and all beneath are gone.
  void Forget(DirectoryNode& node);
  // The kernel has taken the watch away.
  void WatchEnded(DirectoryNode& node);
  // Notes a problem if the directory cannot be read any more, its watch notwithstanding.
  void Probe(const DirectoryNode& node);
  // A path in the directory is too long to be told.
  void NotePathTooLong(const DirectoryNode& node) {
    problems_.Note(tree_, node, ProblemReason::kPathTooLong, 0);
  }
  // Tries unreadable directories again; returns the paths (text) that can be read now.
  std::vector<std::string> RetryProblems();

  // lstat of a file in a directory; 0 or errno.
  int LookAtFile(const DirectoryNode& directory, const std::string& name, struct stat& status);
  // Whether anything, or a directory, lies at the raw path now; a directory also while the root
  // cannot be asked.
  bool SomethingAt(absl::string_view path);
  bool DirectoryAt(absl::string_view path);
  // Whether the directory at the raw path has been met.
  bool Knows(absl::string_view path) const;

  DirectoryTree& tree() { return tree_; }
  const DirectoryTree& tree() const { return tree_; }
  const ProblemList& problems() const { return problems_; }
  // The first `max` of the uppermost polled directories.
  std::vector<PolledPart> PolledParts(std::size_t max) const;
  // The root could not be opened since Start(), or the kernel has taken its watch away: nothing
  // here can be trusted.
  bool root_lost() const { return root_lost_ || root_watch_ended_; }
  // From any thread: a walk under way ends early and no other begins, for the end is near.
  void Abandon() { abandoned_ = true; }
  // Closes what is kept open between calls; call before waiting.
  void Rest();

 private:
  bool EnsureRoot();
  DirectoryNode* Place(DirectoryNode& parent, int parent_fd, const std::string& name);
  // How changes of the open directory can be noticed; sets node.file_system.
  PollReason WhyPolled(DirectoryNode& node, int fd) const;
  // Watches or polls it. False: neither, with a problem noted.
  bool Observe(DirectoryNode& node, int fd);
  bool TakeWatch(DirectoryNode& node, int wd);
  void BePolled(DirectoryNode& node, PollReason why);
  void ForgetReasons(const DirectoryNode& node);
  // A polled directory may get a watch after all.
  void Reconsider(DirectoryNode& node, int fd);
  bool SameDirectory(const DirectoryNode& node, int fd);
  enum class Asked { kFilesToo, kDirectories };
  // Looks at one directory and observes the directories in it; appends those to be looked into.
  // With `tell`, what differs is news. Whether files are there, if that was asked.
  bool Look(DirectoryNode& node, bool tell, Asked asked, std::vector<DirectoryNode*>& children);
  // Whether the open directory's number of links proves that none is in it, whose path could not be
  // too long to be told either.
  bool HasNoDirectories(const DirectoryNode& node, int fd, std::size_t path_bytes) const;
  void PlaceChildren(DirectoryNode& node, int fd, const DirectoryLook& look, bool tell,
                     std::vector<DirectoryNode*>& children);
  bool LookIntoAll(DirectoryNode& top);
  void Tell(TreeNews::Kind kind, const std::string& raw_path);

  InotifyReader& reader_;
  const IgnorePolicy& ignore_;
  Options options_;
  std::shared_ptr<const RootDirectory> root_;
  UniqueFd root_fd_;
  RecentDirectories recent_;  // of LookAtFile, until Rest()
  std::uint64_t recent_as_of_ = 0;  // tree_.changes()
  bool root_lost_ = false;
  bool root_watch_ended_ = false;
  std::atomic<bool> abandoned_ = false;
  DirectoryTree tree_;
  std::deque<std::uint64_t> waiting_;  // to be looked into; at most one entry a directory
  bool whole_ = false;  // the walk under way visits every directory, not only polled ones
  bool first_ = false;  // and is the first since Start(): nothing is news
  ProblemList problems_;
  std::vector<std::uint64_t> contradictions_;  // ids of detached nodes
  std::vector<TreeNews> news_;
  std::vector<SettleKey> recent_files_;
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_TREE_WATCHED_TREE_H_
