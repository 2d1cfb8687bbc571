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

  enum class Moves { kIgnored, kNoticed };
  // kNoticed: for AllStillThere().
  explicit RecentDirectories(Moves moves = Moves::kIgnored)
      : notice_moves_(moves == Moves::kNoticed) {}

  // As OpenBeneath. What was opened before is taken for what lies there still, so Clear() it when
  // something may have been moved.
  Found Open(int root, absl::string_view path);
  void Clear() {
    entries_.clear();
    moved_ = false;
  }
  // Whether all that were opened since the last Clear() were still at their paths when asked, or
  // when another took their place here.
  bool AllStillThere(int root);

 private:
  static constexpr std::size_t kMost = 8;

  struct Entry {
    std::string path;
    OpenedDirectory opened;
  };
  std::vector<Entry> entries_;
  std::size_t oldest_ = 0;
  const bool notice_moves_;
  bool moved_ = false;
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_FEED_RECENT_DIRECTORIES_H_
