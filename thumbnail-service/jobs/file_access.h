#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_FILE_ACCESS_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_FILE_ACCESS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "thumbnail-service/jobs/file_state.h"

namespace hestia {

// One file being read, from its first byte to its last.
//
// Thread-safety: none. Blocking: Read and CheckUnchanged wait for the disk or the network.
// Errors name the path; see FileAccess::Open.
class OpenedFile {
 public:
  virtual ~OpenedFile() = default;
  // As it was when it was opened.
  virtual const FileStamp& stamp() const = 0;
  // Fills `target` with the bytes behind those of the last call. Fewer than asked for: the file
  // ends there.
  virtual absl::StatusOr<std::size_t> Read(char* target, std::size_t size) = 0;
  // After the last byte.
  //   kAborted  the file is another now than when it was opened: put it back in the queue.
  virtual absl::Status CheckUnchanged() = 0;
};

// How this replica gets at the files of the libraries: from folders of its own (render/), or
// over the network from the watcher (rpc/).
//
// Thread-safety: every method from any thread. Blocking: Open and Available may wait for a disk
// or the network.
class FileAccess {
 public:
  virtual ~FileAccess() = default;

  // Opens a regular file. `path` is path text.
  //   kInvalidArgument     not a relative path: the sender's bug.
  //   kNotFound            no such file (any more): wait for ingest to remove it.
  //   kPermissionDenied    may not read it: a verdict until permissions change.
  //   kFailedPrecondition  not a regular file, or a symbolic link in the way: a verdict.
  //   kAborted             nothing is wrong with the file, but it cannot be had just now, or
  //                        Cancel() was called: try again, free of charge.
  //   kUnavailable         anything else that may pass (I/O error): try again.
  virtual absl::StatusOr<std::unique_ptr<OpenedFile>> Open(std::int64_t library_id,
                                                           absl::string_view path) = 0;

  // Ids of the libraries whose files can be had now; jobs of others are not claimed.
  virtual std::vector<std::int64_t> Available() = 0;

  // Which cannot, for people; empty when all can.
  virtual std::string Problem() const = 0;

  // Ends what waits for the network, now and later.
  virtual void Cancel() = 0;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_FILE_ACCESS_H_
