#include "tests/watcher-service/history/disk_timeline.h"

#include <algorithm>
#include <cstddef>
#include <variant>

#include "common/path_text.h"

namespace hestia {
namespace {

// Someone who looks while a file is being written may find its new time with its old size, and one
// who looks while it is cut to nothing a time between the two: the kernel sets it more than once
// then, and since there are fine timestamps (6.13) not always to the same.
bool IsMixtureOf(const FileFact& before, const FileFact& after, const FileFact& seen) {
  const bool between = after.size_bytes == 0 && seen.modified_at > before.modified_at &&
                       seen.modified_at < after.modified_at;
  return before.inode == after.inode && seen.inode == after.inode &&
         (seen.size_bytes == before.size_bytes || seen.size_bytes == after.size_bytes) &&
         (seen.modified_at == before.modified_at || seen.modified_at == after.modified_at ||
          between);
}

}  // namespace

DiskTimeline::DiskTimeline(const History& history) {
  bool first = true;
  for (const HistoryEntry& entry : history) {
    const auto* const step = std::get_if<DiskStep>(&entry.what);
    if (step == nullptr) continue;
    // What was there before is not a change that anyone could have been told of.
    const absl::Duration began = first ? -absl::InfiniteDuration() : step->began;
    first = false;
    for (const auto& [path, file] : step->changed) {
      changes_[path].push_back({began, entry.at, step->unobserved, file});
    }
    for (const std::uint64_t inode : step->closed) closes_[inode].push_back({began, entry.at});
    if (step->root_changed) root_changes_.push_back({began, entry.at});
    steps_over_.push_back(entry.at);
  }
}

DiskTimeline::Tree DiskTimeline::At(absl::Duration moment) const {
  Tree tree;
  for (const auto& [path, last] : LastChanges(moment)) {
    if (last.file.has_value()) tree.emplace(path, *last.file);
  }
  return tree;
}

bool DiskTimeline::MayHaveBeen(const std::string& path, const std::optional<FileFact>& file,
                               absl::Duration from, absl::Duration to) const {
  const auto found = changes_.find(path);
  if (found == changes_.end()) return !file.has_value();
  const std::vector<Change>& changes = found->second;
  if (!file.has_value() && changes.front().over >= from) return true;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    const bool last = i + 1 == changes.size();
    const absl::Duration until = last ? absl::InfiniteDuration() : changes[i + 1].over;
    if (until < from || change.began > to) continue;
    if (change.file == file) return true;
    if (change.over < from) continue;
    if (change.unobserved) return true;
    if (i > 0 && file.has_value() && change.file.has_value() && changes[i - 1].file.has_value() &&
        IsMixtureOf(*changes[i - 1].file, *change.file, *file)) {
      return true;
    }
  }
  return false;
}

bool DiskTimeline::MayHaveBeenEmpty(const std::string& path, absl::Duration from,
                                    absl::Duration to) const {
  std::vector<std::string> within;
  std::vector<absl::Duration> moments = {from, to};
  for (auto it = changes_.lower_bound(path); it != changes_.end(); ++it) {
    if (it->first != path && !IsBeneath(it->first, path)) {
      // "a-b" lies between "a" and "a/b".
      if (it->first.compare(0, path.size(), path) != 0) break;
      continue;
    }
    within.push_back(it->first);
    for (const Change& change : it->second) {
      for (const absl::Duration moment : {change.began, change.over}) {
        if (moment >= from && moment <= to) moments.push_back(moment);
      }
    }
  }
  return std::any_of(moments.begin(), moments.end(), [&](absl::Duration moment) {
    return std::all_of(within.begin(), within.end(), [&](const std::string& each) {
      return MayHaveBeen(each, std::nullopt, moment, moment);
    });
  });
}

std::set<std::string> DiskTimeline::PresentThroughout(absl::Duration from,
                                                      absl::Duration to) const {
  std::set<std::string> present;
  for (const auto& [path, changes] : changes_) {
    if (changes.front().over >= from) continue;
    std::set<std::uint64_t> inodes;
    bool always = true;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const bool last = i + 1 == changes.size();
      const absl::Duration until = last ? absl::InfiniteDuration() : changes[i + 1].over;
      if (until < from || changes[i].began > to) continue;
      always = always && changes[i].file.has_value() &&
               (!changes[i].unobserved || changes[i].over < from);
      if (changes[i].file.has_value()) inodes.insert(changes[i].file->inode);
    }
    if (always && inodes.size() == 1) present.insert(path);
  }
  return present;
}

std::map<std::string, DiskTimeline::LastChange> DiskTimeline::LastChanges(
    absl::Duration moment) const {
  std::map<std::string, LastChange> found;
  for (const auto& [path, changes] : changes_) {
    for (const Change& change : changes) {
      if (change.over <= moment) found[path] = {change.began, change.file};
    }
  }
  return found;
}

std::optional<absl::Duration> DiskTimeline::LastClosed(std::uint64_t inode,
                                                       absl::Duration moment) const {
  std::optional<absl::Duration> last;
  const auto found = closes_.find(inode);
  if (found == closes_.end()) return last;
  for (const Close& close : found->second) {
    if (close.over <= moment) last = close.began;
  }
  return last;
}

std::optional<absl::Duration> DiskTimeline::RootChanged(absl::Duration from,
                                                        absl::Duration to) const {
  for (const Close& change : root_changes_) {
    if (change.over >= from && change.began <= to) return change.began;
  }
  return std::nullopt;
}

absl::Duration DiskTimeline::QuietSince(absl::Duration moment) const {
  absl::Duration last = -absl::InfiniteDuration();
  for (const absl::Duration over : steps_over_) {
    if (over <= moment) last = over;
  }
  return last;
}

}  // namespace hestia
