#include "watcher-service/tree/path_memory.h"

#include <utility>

#include "common/path_text.h"

namespace hestia {
namespace {
constexpr std::size_t kMost = 64;
}  // namespace

const std::optional<PathMemory::Path>& PathMemory::Of(const DirectoryNode& node) {
  if (std::exchange(as_of_, tree_.changes()) != tree_.changes() || paths_.size() >= kMost) {
    paths_.clear();
  }
  const auto [known, added] = paths_.try_emplace(node.id);
  if (added) {
    if (const std::optional<std::string> raw = tree_.RawPath(node)) {
      known->second = Path{EncodePathText(*raw), raw->size()};
    }
  }
  return known->second;
}

}  // namespace hestia
