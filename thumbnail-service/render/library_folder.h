#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_LIBRARY_FOLDER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_LIBRARY_FOLDER_H_

#include <string>
#include <utility>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "common/unique_fd.h"

namespace hestia {

// A library's root directory, opened once. The root itself may be a symbolic link; beneath
// it no link is followed and nothing outside can be reached, whatever a path says.
//
// Thread-safety: immutable after Open; use it from any thread.
// Blocking: opening waits for the file system (network file systems may take long), but
//   never for a FIFO or a device.
// Ownership: holds one descriptor.
class LibraryFolder {
 public:
  // `root` is raw bytes, absolute.
  //   kNotFound            no such directory: the library is not mounted here; claim
  //                        nothing of it and say so.
  //   kPermissionDenied    may not enter it: as above.
  //   kFailedPrecondition  it is not a directory: as above.
  //   kUnavailable         the file system did not answer: try again later.
  static absl::StatusOr<LibraryFolder> Open(absl::string_view root);

  // Opens a regular file for reading. `path` is path text (common/path_text.h), relative.
  // Every message names the path.
  //   kInvalidArgument     not a relative path: the sender's bug.
  //   kNotFound            no such file (any more): wait for ingest to remove it.
  //   kPermissionDenied    may not read it: a verdict until permissions change.
  //   kFailedPrecondition  not a regular file, or a symbolic link in the way: a verdict.
  //   kUnavailable         anything that may pass (I/O error, too many open files): retry.
  absl::StatusOr<UniqueFd> OpenFile(absl::string_view path) const;

  const std::string& root() const { return root_; }

 private:
  LibraryFolder(std::string root, UniqueFd directory)
      : root_(std::move(root)), directory_(std::move(directory)) {}

  std::string root_;
  UniqueFd directory_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_LIBRARY_FOLDER_H_
