#include "watcher-service/feed/recent_directories.h"

#include <algorithm>
#include <utility>

namespace hestia {

RecentDirectories::Found RecentDirectories::Open(int root, absl::string_view path) {
  for (const Entry& entry : entries_) {
    if (entry.path == path) return {entry.opened.fd.get(), 0};
  }
  Entry entry{std::string(path), OpenBeneath(root, path)};
  if (entry.opened.error != 0) return {-1, entry.opened.error};
  const int fd = entry.opened.fd.get();
  if (entries_.size() < kMost) {
    entries_.push_back(std::move(entry));
  } else {
    const Entry& left = entries_[oldest_];
    moved_ = moved_ || (notice_moves_ && !StillAt(root, left.path, left.opened.fd.get()));
    entries_[oldest_] = std::move(entry);
    oldest_ = (oldest_ + 1) % kMost;
  }
  return {fd, 0};
}

bool RecentDirectories::AllStillThere(int root) {
  return !moved_ && std::all_of(entries_.begin(), entries_.end(), [root](const Entry& each) {
    return StillAt(root, each.path, each.opened.fd.get());
  });
}

}  // namespace hestia
