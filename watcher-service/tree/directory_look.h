#ifndef HESTIA_WATCHER_SERVICE_TREE_DIRECTORY_LOOK_H_
#define HESTIA_WATCHER_SERVICE_TREE_DIRECTORY_LOOK_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <absl/container/flat_hash_set.h>
#include <absl/time/time.h>

#include "watcher-service/events/ignore_policy.h"

namespace hestia {

// What one look into an open directory found.
struct DirectoryLook {
  int error = 0;  // errno that ended it early
  bool has_files = false;
  bool has_too_long = false;                       // names left out: their paths are too long
  absl::flat_hash_set<std::string> subdirectories;  // raw names
  // Only when the files were looked at. Of names, sizes, times and inodes of all files, in
  // whatever order they came, and of the directory's own time, which tells of names that came and
  // went in between; never 0. Equal: nothing changed, but for one chance in 2^64.
  std::uint64_t fingerprint = 0;
  // The directory itself changed so lately that a change right now might not move its time.
  bool recent = false;
  // Raw names of files modified so lately that they may still be being written; at most 65,536.
  std::vector<std::string> recent_files;
};

struct LookOptions {
  bool stat_files = false;  // one lstat a file: for the fingerprint and recent_files
  // What "lately" means, by this machine's clock; on a file server whose clock differs by more,
  // a file is not known to be written.
  absl::Duration recent = absl::Seconds(2);
  std::size_t path_bytes = 0;  // of the directory's raw path
};

// Blocking: the disk. Memory: the names of subdirectories and of files written lately.
DirectoryLook LookInto(int directory_fd, const IgnorePolicy& ignore, const LookOptions& options);

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_TREE_DIRECTORY_LOOK_H_
