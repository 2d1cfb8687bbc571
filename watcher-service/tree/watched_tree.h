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
#include <vector>

#include <absl/container/btree_map.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "common/unique_fd.h"
#include "watcher-service/events/ignore_policy.h"
#include "watcher-service/feed/root_directory.h"
#include "watcher-service/tree/directory_tree.h"
#include "watcher-service/tree/inotify_reader.h"

namespace hestia {

// A directory that is not watched, and why.
struct WatchProblem {
  std::string path;    // text; empty is the root
  std::string detail;  // a sentence with what to do
};

// Keeps a watch on every directory of a library that is not ignored. A directory is watched
// first and listed after, so that nothing that appears in between is missed.
//
// Thread-safety: none, but for Abandon(). Blocking: the disk.
// Memory: one node a directory.
class WatchedTree {
 public:
  // Both are borrowed.
  WatchedTree(InotifyReader& reader, const IgnorePolicy& ignore);

  // Begins with `root` and nothing known beneath it; Walk() does the work.
  void Start(std::shared_ptr<const RootDirectory> root);
  // Takes all watches away.
  void Stop();
  // Has every directory looked at again, keeping the watches.
  void WalkAgain();
  // Looks at up to `directories` more. True when no more is waiting.
  bool Walk(int directories);

  // A directory appeared, or may be another one now: watches it and all beneath.
  struct Arrival {
    bool there = false;      // a directory is there
    bool has_files = false;  // and regular files somewhere in it
  };
  Arrival Arrive(DirectoryNode& parent, const std::string& name);
  // The same by raw path, when its parent is known.
  Arrival ArriveAt(absl::string_view path);
  // Half a rename: the directory keeps its watches but has no path.
  void Detach(DirectoryNode& node) { tree_.Detach(node); }
  // The other half; replaces what was at the new place. Then like Arrive.
  Arrival Rejoin(DirectoryNode& node, DirectoryNode& parent, const std::string& name);
  // The directory and all beneath are gone.
  void Forget(DirectoryNode& node);
  // The kernel has taken the watch away.
  void WatchEnded(DirectoryNode& node);
  // Notes a problem if the directory cannot be read any more, its watch notwithstanding.
  void Probe(const DirectoryNode& node);
  // Tries unwatched directories again; returns the paths (text) that are watched now.
  std::vector<std::string> RetryProblems();

  // lstat of a file in a directory; 0 or errno.
  int Look(const DirectoryNode& directory, const std::string& name, struct stat& status);
  // Whether anything lies at the raw path now.
  bool SomethingAt(absl::string_view path);

  DirectoryTree& tree() { return tree_; }
  bool HasProblem(const DirectoryNode& node) const { return problems_.contains(node.id); }
  std::size_t problem_count() const { return problems_.size(); }
  std::vector<WatchProblem> Problems(std::size_t max) const;
  // The root could not be opened since Start(), or the kernel has taken its watch away: nothing
  // here can be trusted.
  bool root_lost() const { return root_lost_ || root_watch_ended_; }
  // From any thread: a walk under way ends early and no other begins, for the end is near.
  void Abandon() { abandoned_ = true; }
  // Closes what is kept open between calls; call before waiting.
  void Rest() { root_fd_.reset(); }

 private:
  bool EnsureRoot();
  DirectoryNode* Place(DirectoryNode& parent, int parent_fd, const std::string& name);
  bool PutWatch(DirectoryNode& node, int fd);
  // Watches the children of `node`; appends those to be looked into. Whether files are there.
  bool LookInto(DirectoryNode& node, std::vector<DirectoryNode*>& children);
  bool LookIntoAll(DirectoryNode& top);
  void NoteProblem(const DirectoryNode& node, int error, absl::string_view advice);

  InotifyReader& reader_;
  const IgnorePolicy& ignore_;
  std::shared_ptr<const RootDirectory> root_;
  UniqueFd root_fd_;
  bool root_lost_ = false;
  bool root_watch_ended_ = false;
  std::atomic<bool> abandoned_ = false;
  DirectoryTree tree_;
  std::deque<std::uint64_t> waiting_;  // to be looked into; at most one entry a directory
  absl::btree_map<std::uint64_t, std::string> problems_;  // by node id
  absl::Duration last_logged_ = -absl::InfiniteDuration();
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_TREE_WATCHED_TREE_H_
