#include "watcher-service/tree/watched_tree.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include <utility>

#include <absl/container/flat_hash_set.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include "common/logging.h"
#include "common/monotonic_clock.h"
#include "common/path_text.h"
#include "watcher-service/feed/beneath.h"

namespace hestia {
namespace {
constexpr absl::Duration kLogInterval = absl::Minutes(1);

std::string AdviceFor(int error) {
  switch (error) {
    case ENOSPC:
      return "raise fs.inotify.max_user_watches (sysctl) and restart or rescan";
    case EACCES:
    case EPERM:
      return "give the watcher's user read permission";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (ulimit -n)";
    default:
      return "repair the disk or ignore the directory";
  }
}

std::string RawJoin(const std::string& parent, const std::string& name) {
  return parent.empty() ? name : absl::StrCat(parent, "/", name);
}
}  // namespace

WatchedTree::WatchedTree(InotifyReader& reader, const IgnorePolicy& ignore)
    : reader_(reader), ignore_(ignore) {}

void WatchedTree::Start(std::shared_ptr<const RootDirectory> root) {
  Stop();
  root_ = std::move(root);
  root_lost_ = false;
  root_watch_ended_ = false;
  if (!EnsureRoot()) return;
  if (PutWatch(*tree_.root(), root_fd_.get())) waiting_.push_back(tree_.root()->id);
}

void WatchedTree::Stop() {
  while (!tree_.root()->children.empty()) Forget(*tree_.root()->children.begin()->second);
  if (tree_.root()->wd >= 0) reader_.Unwatch(tree_.root()->wd);
  tree_.SetWatch(*tree_.root(), -1);
  waiting_.clear();
  problems_.clear();
  root_fd_.reset();
  root_.reset();
}

void WatchedTree::WalkAgain() {
  if (!EnsureRoot()) return;
  waiting_.clear();
  if (PutWatch(*tree_.root(), root_fd_.get())) waiting_.push_back(tree_.root()->id);
}

bool WatchedTree::Walk(int directories) {
  std::vector<DirectoryNode*> children;
  for (; directories > 0 && !waiting_.empty() && EnsureRoot(); --directories) {
    DirectoryNode* const node = tree_.ById(waiting_.front());
    waiting_.pop_front();
    if (node == nullptr) continue;
    children.clear();
    LookInto(*node, children);
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
  return {true, node->wd >= 0 && LookIntoAll(*node)};
}

WatchedTree::Arrival WatchedTree::ArriveAt(absl::string_view path) {
  const SplitPath split = SplitLast(path);
  DirectoryNode* parent = tree_.root();
  for (const absl::string_view part : absl::StrSplit(split.parent, '/', absl::SkipEmpty())) {
    parent = DirectoryTree::Child(*parent, std::string(part));
    if (parent == nullptr) return {};
  }
  return Arrive(*parent, std::string(split.name));
}

// A directory made anew at the root's path may have the old one's inode, so its number alone
// does not show that the watch is gone.
void WatchedTree::WatchEnded(DirectoryNode& node) {
  tree_.SetWatch(node, -1);
  if (&node == tree_.root()) root_watch_ended_ = true;
}

WatchedTree::Arrival WatchedTree::Rejoin(DirectoryNode& node, DirectoryNode& parent,
                                         const std::string& name) {
  DirectoryNode* const replaced = DirectoryTree::Child(parent, name);
  if (replaced != nullptr && replaced != &node) Forget(*replaced);
  if (node.parent == nullptr) tree_.Attach(node, parent, name);
  return Arrive(parent, name);
}

void WatchedTree::Forget(DirectoryNode& node) {
  const DirectoryTree::Dropped dropped = tree_.Drop(node);
  for (const std::uint64_t id : dropped.ids) problems_.erase(id);
  // A directory moved out of the library would go on sending events.
  for (const int wd : dropped.watches) reader_.Unwatch(wd);
}

void WatchedTree::Probe(const DirectoryNode& node) {
  const std::optional<std::string> path = tree_.RawPath(node);
  if (!path.has_value() || !EnsureRoot()) return;
  const OpenedDirectory opened = OpenBeneath(root_fd_.get(), *path);
  if (opened.error != 0 && !MeansAbsent(opened.error)) {
    NoteProblem(node, opened.error, AdviceFor(opened.error));
  }
}

std::vector<std::string> WatchedTree::RetryProblems() {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, detail] : problems_) ids.push_back(id);
  std::vector<std::string> mended;
  for (const std::uint64_t id : ids) {
    DirectoryNode* const node = tree_.ById(id);
    if (node == nullptr || node->parent == nullptr) continue;
    const std::string name = node->name;
    const std::optional<std::string> parent = tree_.RawPath(*node->parent);
    if (!parent.has_value() || !Arrive(*node->parent, name).there) continue;
    if (!problems_.contains(id)) mended.push_back(EncodePathText(RawJoin(*parent, name)));
  }
  return mended;
}

int WatchedTree::Look(const DirectoryNode& directory, const std::string& name,
                      struct stat& status) {
  const std::optional<std::string> path = tree_.RawPath(directory);
  if (!path.has_value()) return ENOENT;
  if (!EnsureRoot()) return EIO;
  const OpenedDirectory opened = OpenBeneath(root_fd_.get(), *path);
  return opened.error != 0 ? opened.error : LookAt(opened.fd.get(), name, status);
}

bool WatchedTree::SomethingAt(absl::string_view path) {
  if (!EnsureRoot()) return false;
  const SplitPath split = SplitLast(path);
  const OpenedDirectory opened = OpenBeneath(root_fd_.get(), split.parent);
  if (opened.error != 0) return !MeansAbsent(opened.error);
  struct stat status {};
  return !MeansAbsent(LookAt(opened.fd.get(), std::string(split.name), status));
}

std::vector<WatchProblem> WatchedTree::Problems(std::size_t max) const {
  std::vector<WatchProblem> found;
  for (const auto& [id, detail] : problems_) {
    if (found.size() == max) break;
    const std::optional<std::string> path = tree_.RawPath(*tree_.ById(id));
    if (path.has_value()) found.push_back({EncodePathText(*path), detail});
  }
  return found;
}

bool WatchedTree::EnsureRoot() {
  if (root_fd_.valid()) return true;
  if (root_ == nullptr || root_lost_) return false;
  absl::StatusOr<UniqueFd> opened = root_->Open();
  root_lost_ = !opened.ok();
  if (opened.ok()) root_fd_ = *std::move(opened);
  return opened.ok();
}

DirectoryNode* WatchedTree::Place(DirectoryNode& parent, int parent_fd, const std::string& name) {
  const OpenedDirectory opened = OpenBeneath(parent_fd, name);
  DirectoryNode* child = DirectoryTree::Child(parent, name);
  if (MeansAbsent(opened.error)) {
    if (child != nullptr) Forget(*child);
    return nullptr;
  }
  if (child == nullptr) child = tree_.Add(parent, name);
  if (opened.error != 0) {
    NoteProblem(*child, opened.error, AdviceFor(opened.error));
    return child;
  }
  const std::optional<std::string> path = tree_.RawPath(*child);
  if (path.has_value() && path->size() + 2 > kMaxPathBytes) {
    NoteProblem(*child, ENAMETOOLONG, "shorten the names above it");
    return child;
  }
  // The watch may turn out to be that of a directory known elsewhere: it has moved here,
  // and its own event comes later.
  const int wd = reader_.Watch(opened.fd.get());
  DirectoryNode* const known = wd >= 0 ? tree_.ByWatch(wd) : nullptr;
  if (known == nullptr || known == child) {
    PutWatch(*child, opened.fd.get());
    return child;
  }
  if (tree_.IsAncestorOrSelf(*known, parent)) {
    NoteProblem(*child, ELOOP, "it is mounted inside itself; ignore the directory");
    return child;
  }
  Forget(*child);
  tree_.Detach(*known);
  tree_.Attach(*known, parent, name);
  return known;
}

bool WatchedTree::PutWatch(DirectoryNode& node, int fd) {
  const int wd = reader_.Watch(fd);
  if (wd < 0) {
    NoteProblem(node, -wd, AdviceFor(-wd));
    return false;
  }
  problems_.erase(node.id);
  if (node.wd == wd) return true;
  // Another directory has taken the name.
  if (node.wd >= 0) reader_.Unwatch(node.wd);
  tree_.SetWatch(node, wd);
  return true;
}

bool WatchedTree::LookInto(DirectoryNode& node, std::vector<DirectoryNode*>& children) {
  const std::optional<std::string> path = tree_.RawPath(node);
  if (!path.has_value()) return false;
  const OpenedDirectory opened = OpenBeneath(root_fd_.get(), *path);
  if (opened.error != 0) {
    if (!MeansAbsent(opened.error)) NoteProblem(node, opened.error, AdviceFor(opened.error));
    return false;
  }
  bool has_files = false;
  absl::flat_hash_set<std::string> names;
  const int error = ReadEntries(opened.fd.get(), [&](absl::string_view name, unsigned char type) {
    if ((type != DT_DIR && type != DT_REG) || ignore_.Ignores(name)) return;
    has_files = has_files || type == DT_REG;
    if (type == DT_DIR) names.emplace(name);
  });
  if (error != 0) {
    NoteProblem(node, error, AdviceFor(error));
    return has_files;
  }
  std::vector<DirectoryNode*> gone;
  for (const auto& [name, child] : node.children) {
    if (!names.contains(name)) gone.push_back(child);
  }
  for (DirectoryNode* const child : gone) Forget(*child);
  for (const std::string& name : names) {
    DirectoryNode* const child = Place(node, opened.fd.get(), name);
    if (child != nullptr && child->wd >= 0) children.push_back(child);
  }
  return has_files;
}

bool WatchedTree::LookIntoAll(DirectoryNode& top) {
  bool has_files = false;
  std::vector<std::uint64_t> open = {top.id};
  std::vector<DirectoryNode*> children;
  while (!open.empty() && !abandoned_) {
    DirectoryNode* const node = tree_.ById(open.back());
    open.pop_back();
    if (node == nullptr) continue;
    children.clear();
    has_files = LookInto(*node, children) || has_files;
    for (const DirectoryNode* const child : children) open.push_back(child->id);
  }
  return has_files;
}

void WatchedTree::NoteProblem(const DirectoryNode& node, int error, absl::string_view advice) {
  const std::string detail = absl::StrCat("not watched: ", strerror(error), "; ", advice);
  problems_[node.id] = detail;
  const absl::Duration now = MonotonicNow();
  if (now - last_logged_ < kLogInterval) return;
  last_logged_ = now;
  const std::optional<std::string> path = tree_.RawPath(node);
  LogWarning(absl::StrCat("a directory is not watched path=\"",
                          EncodePathText(path.value_or(node.name)), "\" problem=\"", detail,
                          "\" problems=", problems_.size()));
}

}  // namespace hestia
