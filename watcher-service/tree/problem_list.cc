#include "watcher-service/tree/problem_list.h"

#include <errno.h>
#include <string.h>

#include <optional>
#include <utility>

#include <absl/strings/str_cat.h>

#include "common/logging.h"
#include "common/monotonic_clock.h"
#include "common/path_text.h"

namespace hestia {
namespace {

constexpr absl::Duration kLogInterval = absl::Minutes(1);

std::string Unreadable(int error) {
  const std::string what = absl::StrCat("cannot be read: ", strerror(error), "; ");
  switch (error) {
    case EACCES:
    case EPERM:
      return what + "give the watcher's user read permission";
    case EMFILE:
    case ENFILE:
      return what + "raise the limit of open files (ulimit -n)";
    default:
      return what + "repair the disk or ignore the directory";
  }
}

std::string Detail(ProblemReason reason, int error) {
  switch (reason) {
    case ProblemReason::kUnreadable:
      return Unreadable(error);
    case ProblemReason::kWatchLimit:
      return "polled, for the kernel gives out no more watches; raise "
             "fs.inotify.max_user_watches (sysctl)";
    case ProblemReason::kSeenTwice:
      return "polled, for the same directory is mounted at another place of the library, and the "
             "kernel tells changes of one of them only";
    case ProblemReason::kPathTooLong:
      return "paths longer than 4,095 bytes begin here and cannot be told; shorten the names";
  }
  return "";
}

}  // namespace

void ProblemList::Note(const DirectoryTree& tree, const DirectoryNode& node, ProblemReason reason,
                       int error) {
  std::string detail = Detail(reason, error);
  const absl::Duration now = MonotonicNow();
  if (now - last_logged_ >= kLogInterval) {
    last_logged_ = now;
    LogWarning(absl::StrCat("a directory is not watched as it should be path=\"",
                            EncodePathText(tree.RawPath(node).value_or(node.name)),
                            "\" problem=\"", detail, "\" problems=", problems_.size() + 1));
  }
  problems_.insert_or_assign(node.id, Problem{reason, std::move(detail)});
}

bool ProblemList::Erase(std::uint64_t id, ProblemReason reason) {
  const auto found = problems_.find(id);
  if (found == problems_.end() || found->second.reason != reason) return false;
  problems_.erase(found);
  return true;
}

std::vector<std::uint64_t> ProblemList::Ids(ProblemReason reason) const {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, problem] : problems_) {
    if (problem.reason == reason) ids.push_back(id);
  }
  return ids;
}

std::vector<WatchProblem> ProblemList::First(const DirectoryTree& tree, std::size_t max) const {
  std::vector<WatchProblem> first;
  for (const auto& [id, problem] : problems_) {
    if (first.size() == max) break;
    const DirectoryNode* const node = tree.ById(id);
    if (node == nullptr) continue;
    if (const std::optional<std::string> path = tree.RawPath(*node)) {
      first.push_back({EncodePathText(*path), problem.detail, problem.reason});
    }
  }
  return first;
}

}  // namespace hestia
