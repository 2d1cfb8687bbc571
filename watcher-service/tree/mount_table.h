#ifndef HESTIA_WATCHER_SERVICE_TREE_MOUNT_TABLE_H_
#define HESTIA_WATCHER_SERVICE_TREE_MOUNT_TABLE_H_

#include <map>
#include <string>
#include <vector>

#include "common/unique_fd.h"

namespace hestia {

// Notices mounts and unmounts beneath a directory. No event of inotify tells that something was
// mounted over a directory, and from then on its watch tells of what lies hidden.
//
// Thread-safety: none. Blocking: reads /proc, never the disk.
// Memory: the mounts beneath the directory.
// Where /proc/self/mountinfo cannot be read nothing is noticed.
class MountTable {
 public:
  MountTable();

  // Remembers what is mounted beneath `root` (raw, absolute, without symbolic links) now.
  void Remember(std::string root);

  // Raw paths, relative to the root, over which something else is mounted, or nothing any more,
  // than when this was last asked; in order. One system call while nothing was mounted anywhere.
  std::vector<std::string> Changed();

 private:
  // What is mounted, by raw relative path.
  using Mounts = std::map<std::string, std::string>;
  Mounts Read() const;

  const UniqueFd table_;  // the kernel flags it when any mount changes
  std::string beneath_ = "/";
  Mounts mounts_;
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_TREE_MOUNT_TABLE_H_
