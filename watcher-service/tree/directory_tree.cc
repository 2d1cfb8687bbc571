#include "watcher-service/tree/directory_tree.h"

#include <algorithm>
#include <utility>

namespace hestia {

DirectoryTree::DirectoryTree() {
  auto root = std::make_unique<DirectoryNode>();
  root->id = ++last_id_;
  root_ = root.get();
  nodes_.emplace(root->id, std::move(root));
}

DirectoryNode* DirectoryTree::ByWatch(int wd) const {
  const auto node = by_watch_.find(wd);
  return node == by_watch_.end() ? nullptr : node->second;
}

DirectoryNode* DirectoryTree::ById(std::uint64_t id) const {
  const auto node = nodes_.find(id);
  return node == nodes_.end() ? nullptr : node->second.get();
}

DirectoryNode* DirectoryTree::Child(const DirectoryNode& parent, absl::string_view name) {
  const auto child = parent.children.find(name);
  return child == parent.children.end() ? nullptr : child->second;
}

DirectoryNode* DirectoryTree::Add(DirectoryNode& parent, absl::string_view name) {
  auto node = std::make_unique<DirectoryNode>();
  DirectoryNode* const added = node.get();
  added->id = ++last_id_;
  nodes_.emplace(added->id, std::move(node));
  Attach(*added, parent, name);
  return added;
}

void DirectoryTree::SetWatch(DirectoryNode& node, int wd) {
  if (node.wd >= 0) by_watch_.erase(node.wd);
  node.wd = wd;
  if (wd < 0) return;
  by_watch_[wd] = &node;
  if (node.polled == PollReason::kNotPolled) return;
  node.polled = PollReason::kNotPolled;
  polled_.erase(node.id);
  ++changes_;
}

void DirectoryTree::SetPolled(DirectoryNode& node, PollReason why) {
  SetWatch(node, -1);
  if (node.polled == PollReason::kNotPolled) node.fingerprint = 0;
  node.polled = why;
  polled_.insert(node.id);
  ++changes_;
}

void DirectoryTree::SetUnobserved(DirectoryNode& node) {
  SetWatch(node, -1);
  node.polled = PollReason::kNotPolled;
  node.fingerprint = 0;
  changes_ += polled_.erase(node.id);
}

void DirectoryTree::Detach(DirectoryNode& node) {
  if (node.parent == nullptr) return;
  ++changes_;
  node.parent->children.erase(node.name);
  node.parent = nullptr;
}

void DirectoryTree::Attach(DirectoryNode& node, DirectoryNode& parent, absl::string_view name) {
  ++changes_;
  node.parent = &parent;
  node.name = std::string(name);
  parent.children[node.name] = &node;
}

DirectoryTree::Dropped DirectoryTree::Drop(DirectoryNode& node) {
  Detach(node);
  Dropped dropped;
  std::vector<DirectoryNode*> doomed = {&node};
  while (!doomed.empty()) {
    DirectoryNode* const next = doomed.back();
    doomed.pop_back();
    for (const auto& [name, child] : next->children) doomed.push_back(child);
    if (next->wd >= 0) {
      dropped.watches.push_back(next->wd);
      by_watch_.erase(next->wd);
    }
    polled_.erase(next->id);
    dropped.ids.push_back(next->id);
    nodes_.erase(dropped.ids.back());
  }
  return dropped;
}

std::optional<std::string> DirectoryTree::RawPath(const DirectoryNode& node) const {
  std::vector<const DirectoryNode*> chain;
  const DirectoryNode* at = &node;
  for (; at != root_; at = at->parent) {
    if (at == nullptr) return std::nullopt;
    chain.push_back(at);
  }
  std::string path;
  for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
    if (!path.empty()) path.push_back('/');
    path.append((*it)->name);
  }
  return path;
}

bool DirectoryTree::IsAncestorOrSelf(const DirectoryNode& ancestor,
                                     const DirectoryNode& node) const {
  const DirectoryNode* at = &node;
  while (at != nullptr && at != &ancestor) at = at->parent;
  return at == &ancestor;
}

}  // namespace hestia
