#ifndef HESTIA_WATCHER_SERVICE_LIBRARIES_LIBRARY_STORE_H_
#define HESTIA_WATCHER_SERVICE_LIBRARIES_LIBRARY_STORE_H_

#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "watcher-service/watch/library_watch.h"

namespace hestia {

// Remembers the libraries that were added while running, in the file "libraries" of the
// state folder: a line "name root" each, the root with C escapes; "name@events root" or
// "name@poll root" when that way of watching was asked for, and "name@events! root" when it was
// asked for of a library of the configuration, which alone says that it is watched.
//
// Thread-safety: none; its owner locks. Blocking: the disk.
class LibraryStore {
 public:
  // An empty `folder` remembers nothing. Else it is made when it is missing.
  explicit LibraryStore(std::string folder) : folder_(std::move(folder)) {}

  bool remembers() const { return !folder_.empty(); }

  // What was saved last; nothing when never.
  //   kUnavailable  the folder or file cannot be read: tell the user.
  //   kDataLoss     the file is not what Save() writes; the message names the line. Not
  //                 mended by itself, so that no library is lost unnoticed.
  absl::StatusOr<std::vector<LibrarySpec>> Load() const;

  // Replaces what was saved, atomically.
  //   kUnavailable  it could not be written; the old content stays.
  absl::Status Save(const std::vector<LibrarySpec>& libraries) const;

 private:
  std::string File() const { return folder_ + "/libraries"; }

  const std::string folder_;
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_LIBRARIES_LIBRARY_STORE_H_
