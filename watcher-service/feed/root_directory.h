#ifndef HESTIA_WATCHER_SERVICE_FEED_ROOT_DIRECTORY_H_
#define HESTIA_WATCHER_SERVICE_FEED_ROOT_DIRECTORY_H_

#include <sys/types.h>

#include <string>

#include <absl/status/statusor.h>

#include "common/unique_fd.h"

namespace hestia {

// The directory that lay at a library's root path when it was found. It stays "the root"
// only while device and inode stay: another directory there (an empty mount point, say)
// must not be mistaken for a library whose files are gone.
//
// No descriptor is kept, so that an idle watcher does not hinder an unmount.
//
// Thread-safety: immutable. Blocking: every method touches the disk.
class RootDirectory {
 public:
  // `path` is absolute and may be a symbolic link.
  //   kFailedPrecondition  (ROOT_UNAVAILABLE) no directory is there: try again later.
  static absl::StatusOr<RootDirectory> Find(const std::string& path);

  // A readable descriptor of the root.
  //   kFailedPrecondition  (ROOT_UNAVAILABLE) it is not there, or is another one now:
  //                        conclude nothing about its files.
  absl::StatusOr<UniqueFd> Open() const;

  // Whether this looks like the bare mount point that `earlier` was mounted on: another file
  // system, and nothing in it.
  bool LooksLikeMountPointOf(const RootDirectory& earlier) const;

  // The path without symbolic links, when it was found.
  const std::string& real_path() const { return real_path_; }

 private:
  RootDirectory(std::string path, std::string real_path, dev_t device, ino_t inode)
      : path_(std::move(path)),
        real_path_(std::move(real_path)),
        device_(device),
        inode_(inode) {}

  std::string path_;
  std::string real_path_;
  dev_t device_;
  ino_t inode_;
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_FEED_ROOT_DIRECTORY_H_
