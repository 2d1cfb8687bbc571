#ifndef HESTIA_WATCHER_SERVICE_TREE_PROBLEM_LIST_H_
#define HESTIA_WATCHER_SERVICE_TREE_PROBLEM_LIST_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <absl/container/btree_map.h>
#include <absl/time/time.h>

#include "watcher-service/tree/directory_tree.h"

namespace hestia {

// Why a directory is not watched as it should be; what watcher.proto says of Problem.reason.
enum class ProblemReason { kUnreadable, kWatchLimit, kSeenTwice, kPathTooLong };

// A directory that is not watched as it should be, and why.
struct WatchProblem {
  std::string path;    // text; empty is the root
  std::string detail;  // a sentence with what to do
  ProblemReason reason = ProblemReason::kUnreadable;
};

// The present problems of a tree, at most one a directory; the first of a minute is logged.
//
// Thread-safety: none. Memory: one sentence a directory with a problem.
class ProblemList {
 public:
  // `error` is the errno behind it; 0 = none. Replaces what was noted of the directory.
  void Note(const DirectoryTree& tree, const DirectoryNode& node, ProblemReason reason, int error);
  void Erase(std::uint64_t id) { problems_.erase(id); }
  // Only when it is of this reason. Whether it was.
  bool Erase(std::uint64_t id, ProblemReason reason);
  void Clear() { problems_.clear(); }

  bool Has(std::uint64_t id) const { return problems_.contains(id); }
  std::size_t size() const { return problems_.size(); }
  std::vector<std::uint64_t> Ids(ProblemReason reason) const;
  // The first `max` of those that have a path.
  std::vector<WatchProblem> First(const DirectoryTree& tree, std::size_t max) const;

 private:
  struct Problem {
    ProblemReason reason;
    std::string detail;
  };
  absl::btree_map<std::uint64_t, Problem> problems_;  // by node id
  absl::Duration last_logged_ = -absl::InfiniteDuration();
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_TREE_PROBLEM_LIST_H_
