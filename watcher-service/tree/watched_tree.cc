#include "watcher-service/tree/watched_tree.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include <utility>

#include <absl/strings/str_split.h>

#include "common/path_text.h"
#include "watcher-service/feed/beneath.h"

namespace hestia {

WatchedTree::WatchedTree(InotifyReader& reader, const IgnorePolicy& ignore, Options options)
    : reader_(reader), ignore_(ignore), options_(options) {}

void WatchedTree::Start(std::shared_ptr<const RootDirectory> root) {
  Stop();
  root_ = std::move(root);
  root_lost_ = false;
  root_watch_ended_ = false;
  WalkAgain();
  first_ = true;
}

void WatchedTree::Stop() {
  while (!tree_.root()->children.empty()) Forget(*tree_.root()->children.begin()->second);
  if (tree_.root()->wd >= 0) reader_.Unwatch(tree_.root()->wd);
  tree_.SetUnobserved(*tree_.root());
  waiting_.clear();
  problems_.Clear();
  news_.clear();
  recent_files_.clear();
  Rest();
  root_.reset();
}

void WatchedTree::WalkAgain() {
  if (!EnsureRoot()) return;
  waiting_.clear();
  whole_ = true;
  first_ = false;
  if (Observe(*tree_.root(), root_fd_.get())) waiting_.push_back(tree_.root()->id);
}

void WatchedTree::Poll() {
  if (!waiting_.empty() || !EnsureRoot()) return;
  whole_ = false;
  first_ = false;
  waiting_.assign(tree_.polled().begin(), tree_.polled().end());
}

bool WatchedTree::Walk(int directories) {
  std::vector<DirectoryNode*> children;
  for (; directories > 0 && !waiting_.empty() && !abandoned_ && EnsureRoot(); --directories) {
    DirectoryNode* const node = tree_.ById(waiting_.front());
    waiting_.pop_front();
    if (node == nullptr) continue;
    children.clear();
    Look(*node, /*tell=*/!first_, Asked::kDirectories, children);
    for (const DirectoryNode* const child : children) waiting_.push_back(child->id);
  }
  return waiting_.empty();
}

WatchedTree::Arrival WatchedTree::Arrive(DirectoryNode& parent, const std::string& name) {
  const std::optional<std::string> path = tree_.RawPath(parent);
  if (!path.has_value() || !EnsureRoot()) return {};
  const OpenedDirectory opened = OpenBeneath(root_fd_.get(), *path);
  if (opened.error != 0) return {};
  DirectoryNode* const node = Place(parent, opened.fd.get(), name);
  if (node == nullptr) return {};
  return {true, node->Observed() && LookIntoAll(*node)};
}

WatchedTree::Arrival WatchedTree::ArriveAt(absl::string_view path) {
  const SplitPath split = SplitLast(path);
  DirectoryNode* parent = tree_.root();
  for (const absl::string_view part : absl::StrSplit(split.parent, '/', absl::SkipEmpty())) {
    parent = DirectoryTree::Child(*parent, std::string(part));
    if (parent == nullptr) return {};
  }
  if (ignore_.Ignores(split.name)) return {};
  return Arrive(*parent, std::string(split.name));
}

// A directory made anew at the root's path may have the old one's inode, so its number alone
// does not show that the watch is gone.
void WatchedTree::WatchEnded(DirectoryNode& node) {
  tree_.SetWatch(node, -1);
  if (&node == tree_.root()) root_watch_ended_ = true;
}

// Only where a look has found something at a place that events have yet to tell of can an old
// event put a directory beneath itself.
bool WatchedTree::DropContradictions() {
  const std::vector<std::uint64_t> ids = std::exchange(contradictions_, {});
  for (const std::uint64_t id : ids) {
    DirectoryNode* const node = tree_.ById(id);
    if (node != nullptr && node->parent == nullptr) Forget(*node);
  }
  return !ids.empty();
}

WatchedTree::Arrival WatchedTree::Rejoin(DirectoryNode& node, DirectoryNode& parent,
                                         const std::string& name) {
  DirectoryNode* const replaced = DirectoryTree::Child(parent, name);
  if (replaced != nullptr && replaced != &node) Forget(*replaced);
  if (node.parent == nullptr) {
    if (tree_.IsAncestorOrSelf(node, parent)) {
      contradictions_.push_back(node.id);
      return {};
    }
    tree_.Attach(node, parent, name);
  }
  return Arrive(parent, name);
}

void WatchedTree::Forget(DirectoryNode& node) {
  const DirectoryTree::Dropped dropped = tree_.Drop(node);
  for (const std::uint64_t id : dropped.ids) problems_.Erase(id);
  // A directory moved out of the library would go on sending events.
  for (const int wd : dropped.watches) reader_.Unwatch(wd);
}

int WatchedTree::LookAtFile(const DirectoryNode& directory, const std::string& name,
                            struct stat& status) {
  const std::optional<std::string> path = tree_.RawPath(directory);
  if (!path.has_value()) return ENOENT;
  if (!EnsureRoot()) return EIO;
  if (std::exchange(recent_as_of_, tree_.changes()) != tree_.changes()) recent_.Clear();
  const RecentDirectories::Found found = recent_.Open(root_fd_.get(), *path);
  return found.error != 0 ? found.error : LookAt(found.fd, name, status);
}

void WatchedTree::Rest() {
  recent_.Clear();
  root_fd_.reset();
}

bool WatchedTree::SomethingAt(absl::string_view path) {
  if (!EnsureRoot()) return false;
  const SplitPath split = SplitLast(path);
  const OpenedDirectory opened = OpenBeneath(root_fd_.get(), split.parent);
  if (opened.error != 0) return !MeansAbsent(opened.error);
  struct stat status {};
  return !MeansAbsent(LookAt(opened.fd.get(), std::string(split.name), status));
}

std::vector<PolledPart> WatchedTree::PolledParts(std::size_t max) const {
  std::vector<PolledPart> parts;
  for (const std::uint64_t id : tree_.polled()) {
    if (parts.size() == max) break;
    const DirectoryNode& node = *tree_.ById(id);
    if (node.parent != nullptr && node.parent->polled == node.polled) continue;
    if (const std::optional<std::string> path = tree_.RawPath(node)) {
      parts.push_back({EncodePathText(*path), node.polled, node.file_system});
    }
  }
  return parts;
}

bool WatchedTree::Knows(absl::string_view path) const {
  const DirectoryNode* node = tree_.root();
  for (const absl::string_view part : absl::StrSplit(path, '/', absl::SkipEmpty())) {
    node = DirectoryTree::Child(*node, std::string(part));
    if (node == nullptr) return false;
  }
  return true;
}

bool WatchedTree::DirectoryAt(absl::string_view path) {
  return !EnsureRoot() || !MeansAbsent(OpenBeneath(root_fd_.get(), path).error);
}

bool WatchedTree::EnsureRoot() {
  if (root_fd_.valid()) return true;
  if (root_ == nullptr || root_lost_) return false;
  absl::StatusOr<UniqueFd> opened = root_->Open();
  root_lost_ = !opened.ok();
  if (opened.ok()) root_fd_ = *std::move(opened);
  return opened.ok();
}

// Most directories have none in them; not to read those halves the first walk.
bool WatchedTree::HasNoDirectories(const DirectoryNode& node, int fd,
                                   std::size_t path_bytes) const {
  struct stat status {};
  // One with a problem is read, to see whether it still has it.
  return options_.counts_subdirectories(node.file_system) && !problems_.Has(node.id) &&
         fstat(fd, &status) == 0 &&
         status.st_nlink == 2 && JoinedPathBytes(path_bytes, NAME_MAX) <= kMaxPathBytes;
}

bool WatchedTree::Look(DirectoryNode& node, bool tell, Asked asked,
                       std::vector<DirectoryNode*>& children) {
  const std::optional<std::string> path = tree_.RawPath(node);
  if (!path.has_value()) return false;
  const OpenedDirectory opened = OpenBeneath(root_fd_.get(), *path);
  if (opened.error != 0) {
    node.fingerprint = 0;
    if (!MeansAbsent(opened.error)) {
      problems_.Note(tree_, node, ProblemReason::kUnreadable, opened.error);
    }
    return false;
  }
  const bool was_fresh = std::exchange(node.fresh, false);
  const bool was_polled = node.polled != PollReason::kNotPolled || node.fingerprint != 0;
  if (node.polled != PollReason::kNotPolled) Reconsider(node, opened.fd.get());
  // One that has just got a watch is compared once more: what changed before is told by nobody.
  const bool stat_files = was_polled || node.polled != PollReason::kNotPolled;
  DirectoryLook look;
  if (stat_files || asked == Asked::kFilesToo ||
      !HasNoDirectories(node, opened.fd.get(), path->size())) {
    look = LookInto(opened.fd.get(), ignore_, {stat_files, options_.recent, path->size()});
  }
  if (look.error != 0) {
    node.fingerprint = 0;
    problems_.Note(tree_, node, ProblemReason::kUnreadable, look.error);
    return look.has_files;
  }
  const bool was_unreadable = problems_.Erase(node.id, ProblemReason::kUnreadable);
  if (look.has_too_long) {
    NotePathTooLong(node);
  } else {
    problems_.Erase(node.id, ProblemReason::kPathTooLong);
  }
  const bool differs = stat_files && look.fingerprint != node.fingerprint;
  node.fingerprint = node.polled != PollReason::kNotPolled ? look.fingerprint : 0;
  // What came and went right after the last look may have left no trace.
  const bool was_unsure = std::exchange(node.unsure, stat_files && look.recent);
  if (differs) {
    for (std::string& name : look.recent_files) recent_files_.push_back({node.id, std::move(name)});
  }
  if (tell && (was_fresh || was_unreadable)) {
    Tell(TreeNews::Kind::kFound, *path);
  } else if (tell && (differs || (stat_files && was_unsure))) {
    Tell(TreeNews::Kind::kFilesDiffer, *path);
  }
  PlaceChildren(node, opened.fd.get(), look, tell, children);
  return look.has_files;
}

void WatchedTree::PlaceChildren(DirectoryNode& node, int fd, const DirectoryLook& look, bool tell,
                                std::vector<DirectoryNode*>& children) {
  std::vector<DirectoryNode*> gone;
  for (const auto& [name, child] : node.children) {
    if (!look.subdirectories.contains(name)) gone.push_back(child);
  }
  for (DirectoryNode* const child : gone) {
    const std::optional<std::string> path = tree_.RawPath(*child);
    if (tell && path.has_value()) Tell(TreeNews::Kind::kDirectoryGone, *path);
    Forget(*child);
  }
  for (const std::string& name : look.subdirectories) {
    DirectoryNode* const known = DirectoryTree::Child(node, name);
    // A poll visits known directories by themselves.
    if (!whole_ && known != nullptr && known->Observed() && !known->fresh) continue;
    const bool was_known = known != nullptr;
    DirectoryNode* const child = Place(node, fd, name);
    if (child != nullptr && child->Observed()) children.push_back(child);
    if (child != nullptr || !was_known || !tell) continue;
    // It went after its name was read, and nobody comes back to it.
    if (const std::optional<std::string> path = tree_.RawPath(node)) {
      Tell(TreeNews::Kind::kDirectoryGone, JoinPath(*path, name));
    }
  }
}

bool WatchedTree::LookIntoAll(DirectoryNode& top) {
  const bool whole = std::exchange(whole_, true);
  bool has_files = false;
  std::vector<std::uint64_t> open = {top.id};
  std::vector<DirectoryNode*> children;
  while (!open.empty() && !abandoned_) {
    DirectoryNode* const node = tree_.ById(open.back());
    open.pop_back();
    if (node == nullptr) continue;
    children.clear();
    has_files = Look(*node, /*tell=*/false, Asked::kFilesToo, children) || has_files;
    for (const DirectoryNode* const child : children) open.push_back(child->id);
  }
  whole_ = whole;
  return has_files;
}

void WatchedTree::Tell(TreeNews::Kind kind, const std::string& raw_path) {
  news_.push_back({kind, EncodePathText(raw_path)});
}

}  // namespace hestia
