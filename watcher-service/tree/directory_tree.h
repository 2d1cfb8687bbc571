#ifndef HESTIA_WATCHER_SERVICE_TREE_DIRECTORY_TREE_H_
#define HESTIA_WATCHER_SERVICE_TREE_DIRECTORY_TREE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>
#include <absl/strings/string_view.h>

#include "watcher-service/events/watch_mode.h"

namespace hestia {

// One directory of a library.
struct DirectoryNode {
  std::uint64_t id = 0;  // never reused within a tree
  DirectoryNode* parent = nullptr;
  std::string name;  // raw; empty for the root
  int wd = -1;       // its watch; -1 = none
  PollReason polled = PollReason::kNotPolled;
  bool fresh = true;              // not looked into yet
  std::uint32_t file_system = 0;  // where it is polled: the kernel's number of the type
  // Of it and the files in it when last looked at, where it is polled; 0 = not known.
  std::uint64_t fingerprint = 0;
  bool unsure = false;  // it changed so shortly before that look that more may have changed
  absl::flat_hash_map<std::string, DirectoryNode*> children;

  // Changes in it are noticed, one way or the other.
  bool Observed() const { return wd >= 0 || polled != PollReason::kNotPolled; }
};

// Which watch belongs to which directory. A renamed directory keeps its node, its watch and
// everything beneath; only its place changes. Knows no system calls.
//
// A node can be detached for the moment between the two halves of a rename: it and what is
// beneath then has no path.
//
// Thread-safety: none.
// Memory: one node a directory.
class DirectoryTree {
 public:
  DirectoryTree();

  DirectoryNode* root() { return root_; }
  const DirectoryNode* root() const { return root_; }
  // Null when unknown.
  DirectoryNode* ByWatch(int wd) const;
  DirectoryNode* ById(std::uint64_t id) const;
  static DirectoryNode* Child(const DirectoryNode& parent, absl::string_view name);

  // `parent` must have no child of that name.
  DirectoryNode* Add(DirectoryNode& parent, absl::string_view name);
  // -1 takes the watch away. A directory with a watch is not polled.
  void SetWatch(DirectoryNode& node, int wd);
  // Polls it from now on, without a watch; what lies in it is not known yet.
  void SetPolled(DirectoryNode& node, PollReason why);
  // Neither.
  void SetUnobserved(DirectoryNode& node);
  void Detach(DirectoryNode& node);
  // `node` is detached and `parent` has no child of that name.
  void Attach(DirectoryNode& node, DirectoryNode& parent, absl::string_view name);
  // Forgets `node` and all beneath; returns the ids and watches they had. Never the root.
  struct Dropped {
    std::vector<std::uint64_t> ids;
    std::vector<int> watches;
  };
  Dropped Drop(DirectoryNode& node);

  // Raw path beneath the root; none while it or a parent is detached.
  std::optional<std::string> RawPath(const DirectoryNode& node) const;
  bool IsAncestorOrSelf(const DirectoryNode& ancestor, const DirectoryNode& node) const;
  std::size_t watched() const { return by_watch_.size(); }
  // Ids of the polled directories.
  const absl::btree_set<std::uint64_t>& polled() const { return polled_; }
  // Rises whenever polled(), or the place of a directory, changes.
  std::uint64_t changes() const { return changes_; }

 private:
  std::uint64_t last_id_ = 0;
  absl::flat_hash_map<std::uint64_t, std::unique_ptr<DirectoryNode>> nodes_;
  absl::flat_hash_map<int, DirectoryNode*> by_watch_;
  absl::btree_set<std::uint64_t> polled_;
  std::uint64_t changes_ = 0;
  DirectoryNode* root_;
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_TREE_DIRECTORY_TREE_H_
