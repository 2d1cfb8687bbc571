// How WatchedTree comes to observe one directory: by a watch, by polling, or not at all.

#include <errno.h>
#include <sys/stat.h>

#include "common/path_text.h"
#include "watcher-service/feed/beneath.h"
#include "watcher-service/tree/watched_tree.h"

namespace hestia {

DirectoryNode* WatchedTree::Place(DirectoryNode& parent, int parent_fd, const std::string& name) {
  const OpenedDirectory opened = OpenBeneath(parent_fd, name);
  DirectoryNode* child = DirectoryTree::Child(parent, name);
  if (MeansAbsent(opened.error)) {
    if (child != nullptr) Forget(*child);
    return nullptr;
  }
  if (child == nullptr) child = tree_.Add(parent, name);
  if (opened.error != 0) {
    problems_.Note(tree_, *child, ProblemReason::kUnreadable, opened.error);
    return child;
  }
  const std::optional<std::string> path = tree_.RawPath(*child);
  if (path.has_value() && path->size() + 2 > kMaxPathBytes) {
    NotePathTooLong(*child);
    return child;
  }
  if (WhyPolled(*child, opened.fd.get()) != PollReason::kNotPolled) {
    Observe(*child, opened.fd.get());
    return child;
  }
  const int wd = reader_.Watch(opened.fd.get());
  DirectoryNode* const known = wd >= 0 ? tree_.ByWatch(wd) : nullptr;
  if (known == nullptr || known == child) {
    TakeWatch(*child, wd);
    return child;
  }
  // The watch is that of a directory known elsewhere.
  // A directory cannot have moved into itself.
  if (tree_.IsAncestorOrSelf(*known, parent) || SameDirectory(*known, opened.fd.get())) {
    BePolled(*child, PollReason::kSeenTwice);
    return child;
  }
  // It has moved here, and its own event comes later. It may have lain beneath what was here.
  tree_.Detach(*known);
  Forget(*child);
  tree_.Attach(*known, parent, name);
  return known;
}

PollReason WatchedTree::WhyPolled(DirectoryNode& node, int fd) const {
  node.file_system = FileSystemOf(fd);
  if (options_.mode == WatchMode::kEvents) return PollReason::kNotPolled;
  if (options_.mode == WatchMode::kPoll) return PollReason::kForced;
  return options_.sends_events(node.file_system) ? PollReason::kNotPolled : PollReason::kNoEvents;
}

bool WatchedTree::Observe(DirectoryNode& node, int fd) {
  const PollReason why = WhyPolled(node, fd);
  if (why == PollReason::kNotPolled) return TakeWatch(node, reader_.Watch(fd));
  BePolled(node, why);
  return true;
}

bool WatchedTree::TakeWatch(DirectoryNode& node, int wd) {
  if (wd == -ENOSPC) {
    BePolled(node, PollReason::kWatchLimit);
    return true;
  }
  if (wd < 0) {
    problems_.Note(tree_, node, ProblemReason::kUnreadable, -wd);
    return false;
  }
  ForgetReasons(node);
  if (node.wd == wd) return true;
  // Another directory has taken the name.
  if (node.wd >= 0) reader_.Unwatch(node.wd);
  tree_.SetWatch(node, wd);
  return true;
}

void WatchedTree::BePolled(DirectoryNode& node, PollReason why) {
  if (node.wd >= 0) reader_.Unwatch(node.wd);
  ForgetReasons(node);
  if (why == PollReason::kWatchLimit) {
    problems_.Note(tree_, node, ProblemReason::kWatchLimit, 0);
  } else if (why == PollReason::kSeenTwice) {
    problems_.Note(tree_, node, ProblemReason::kSeenTwice, 0);
  }
  if (node.polled != why) tree_.SetPolled(node, why);
}

// What can be read is not known yet, so a directory that could not be stays noted.
void WatchedTree::ForgetReasons(const DirectoryNode& node) {
  problems_.Erase(node.id, ProblemReason::kWatchLimit);
  problems_.Erase(node.id, ProblemReason::kSeenTwice);
}

void WatchedTree::Reconsider(DirectoryNode& node, int fd) {
  const PollReason why = WhyPolled(node, fd);
  if (why != PollReason::kNotPolled) return BePolled(node, why);
  const int wd = reader_.Watch(fd);
  const DirectoryNode* const known = wd >= 0 ? tree_.ByWatch(wd) : nullptr;
  if (known != nullptr && known != &node) return BePolled(node, PollReason::kSeenTwice);
  TakeWatch(node, wd);
}

void WatchedTree::Probe(const DirectoryNode& node) {
  const std::optional<std::string> path = tree_.RawPath(node);
  if (!path.has_value() || !EnsureRoot()) return;
  const OpenedDirectory opened = OpenBeneath(root_fd_.get(), *path);
  if (opened.error != 0 && !MeansAbsent(opened.error)) {
    problems_.Note(tree_, node, ProblemReason::kUnreadable, opened.error);
  }
}

std::vector<std::string> WatchedTree::RetryProblems() {
  std::vector<std::string> mended;
  for (const std::uint64_t id : problems_.Ids(ProblemReason::kUnreadable)) {
    DirectoryNode* const node = tree_.ById(id);
    if (node == nullptr || node->parent == nullptr) continue;
    const std::string name = node->name;
    const std::optional<std::string> parent = tree_.RawPath(*node->parent);
    if (!parent.has_value() || !Arrive(*node->parent, name).there) continue;
    if (!problems_.Has(id)) mended.push_back(EncodePathText(JoinPath(*parent, name)));
  }
  return mended;
}

bool WatchedTree::SameDirectory(const DirectoryNode& node, int fd) {
  const std::optional<std::string> path = tree_.RawPath(node);
  return path.has_value() && StillAt(root_fd_.get(), *path, fd);
}

}  // namespace hestia
