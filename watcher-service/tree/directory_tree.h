#ifndef HESTIA_WATCHER_SERVICE_TREE_DIRECTORY_TREE_H_
#define HESTIA_WATCHER_SERVICE_TREE_DIRECTORY_TREE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/strings/string_view.h>

namespace hestia {

// One directory of a library.
struct DirectoryNode {
  std::uint64_t id = 0;  // never reused within a tree
  DirectoryNode* parent = nullptr;
  std::string name;  // raw; empty for the root
  int wd = -1;       // its watch; -1 = none
  absl::flat_hash_map<std::string, DirectoryNode*> children;
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
  // Null when unknown.
  DirectoryNode* ByWatch(int wd) const;
  DirectoryNode* ById(std::uint64_t id) const;
  static DirectoryNode* Child(const DirectoryNode& parent, absl::string_view name);

  // `parent` must have no child of that name.
  DirectoryNode* Add(DirectoryNode& parent, absl::string_view name);
  // -1 takes the watch away.
  void SetWatch(DirectoryNode& node, int wd);
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

 private:
  std::uint64_t last_id_ = 0;
  absl::flat_hash_map<std::uint64_t, std::unique_ptr<DirectoryNode>> nodes_;
  absl::flat_hash_map<int, DirectoryNode*> by_watch_;
  DirectoryNode* root_;
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_TREE_DIRECTORY_TREE_H_
