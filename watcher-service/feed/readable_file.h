#ifndef HESTIA_WATCHER_SERVICE_FEED_READABLE_FILE_H_
#define HESTIA_WATCHER_SERVICE_FEED_READABLE_FILE_H_

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "common/unique_fd.h"
#include "watcher-service/events/ignore_policy.h"

namespace hestia {

// One regular file beneath a library's root, read from its first byte to the last it had
// when it was opened. Only what the watcher tells about can be opened: reached through no
// symbolic link, no ignored name in its path.
//
// Thread-safety: none. Blocking: every method waits for the disk, never for a FIFO.
// Ownership: two descriptors.
class ReadableFile {
 public:
  // `root` is the open root directory, `path` path text. Errors, with reasons of
  // watcher.proto:
  //   kInvalidArgument     PATH_INVALID: mend the request.
  //   kNotFound            FILE_NOT_FOUND: it is gone, or is ignored.
  //   kPermissionDenied    FILE_UNREADABLE
  //   kFailedPrecondition  NOT_A_FILE: a directory, link or device lies there.
  //   kUnavailable         FILE_IO_ERROR: try again.
  static absl::StatusOr<ReadableFile> Open(UniqueFd root, std::string path,
                                           const IgnorePolicy& ignore);

  // As it was when it was opened.
  const struct stat& status() const { return opened_; }

  // Makes `chunk` the next bytes, at most `most`; empty at the end.
  //   kUnavailable  FILE_IO_ERROR: read it again.
  absl::Status Read(std::size_t most, std::string& chunk);

  // After the end: whether another state or another file is there now.
  bool Changed() const;

 private:
  ReadableFile(UniqueFd root, UniqueFd file, std::string path, std::string raw_path,
               const struct stat& opened);

  UniqueFd root_;
  UniqueFd file_;
  std::string path_;
  std::string raw_path_;
  struct stat opened_;
  std::uint64_t done_ = 0;  // bytes
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_FEED_READABLE_FILE_H_
