#ifndef HESTIA_WATCHER_SERVICE_FEED_RECENT_DIRECTORIES_H_
#define HESTIA_WATCHER_SERVICE_FEED_RECENT_DIRECTORIES_H_

#include <cstddef>
#include <string>
#include <vector>

#include <absl/strings/string_view.h>

#include "watcher-service/feed/beneath.h"

namespace hestia {

// The last few directories that were opened beneath one root, kept open: files that change
// together mostly lie in few directories, and to open one costs more than to look at a file.
//
// Thread-safety: none. Blocking: the disk. Memory: eight descriptors.
class RecentDirectories {
 public:
  struct Found {
    int fd = -1;    // borrowed until the next call
    int error = 0;  // errno
  };

  // As OpenBeneath. What was opened before is taken for what lies there still, so Clear() it when
  // something may have been moved.
  Found Open(int root, absl::string_view path);
  void Clear() { entries_.clear(); }

 private:
  static constexpr std::size_t kMost = 8;

  struct Entry {
    std::string path;
    OpenedDirectory opened;
  };
  std::vector<Entry> entries_;
  std::size_t oldest_ = 0;
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_FEED_RECENT_DIRECTORIES_H_
