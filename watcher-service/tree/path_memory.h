#ifndef HESTIA_WATCHER_SERVICE_TREE_PATH_MEMORY_H_
#define HESTIA_WATCHER_SERVICE_TREE_PATH_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <absl/container/flat_hash_map.h>

#include "watcher-service/tree/directory_tree.h"

namespace hestia {

// Where directories lie, remembered until one moves: files that change together mostly lie in few
// directories.
//
// Thread-safety: none. Memory: 64 paths.
class PathMemory {
 public:
  struct Path {
    std::string text;
    std::size_t raw_bytes = 0;
  };

  // `tree` is borrowed.
  explicit PathMemory(const DirectoryTree& tree) : tree_(tree) {}

  // None while it or a parent is detached. Valid until the next call.
  const std::optional<Path>& Of(const DirectoryNode& node);

 private:
  const DirectoryTree& tree_;
  std::uint64_t as_of_ = 0;  // DirectoryTree::changes()
  absl::flat_hash_map<std::uint64_t, std::optional<Path>> paths_;  // by id
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_TREE_PATH_MEMORY_H_
