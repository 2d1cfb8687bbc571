#ifndef HESTIA_WATCHER_SERVICE_FEED_BENEATH_H_
#define HESTIA_WATCHER_SERVICE_FEED_BENEATH_H_

#include <sys/stat.h>

#include <string>

#include <absl/functional/function_ref.h>
#include <absl/strings/string_view.h>

#include "common/unique_fd.h"

namespace hestia {

// Looking at what lies beneath an open directory without ever following a symbolic link
// or leaving the directory, whatever others rename meanwhile. Paths and names are raw bytes.
//
// Thread-safety: pure system calls. Blocking: the disk.

// The most raw bytes a path beneath a root may have to be told at all.
inline constexpr std::size_t kMaxPathBytes = 4095;

// How often to look anew where directories are moved meanwhile, before what was seen is taken as it
// is: there may be file systems that number a directory anew with every look.
inline constexpr int kMostMoves = 10;

// Bytes of a raw path of `parent_bytes` (0: the root) with one more component.
inline std::size_t JoinedPathBytes(std::size_t parent_bytes, std::size_t name_bytes) {
  return parent_bytes == 0 ? name_bytes : parent_bytes + 1 + name_bytes;
}

struct OpenedDirectory {
  UniqueFd fd;    // invalid on error
  int error = 0;  // errno
};

// Opens the directory `path` (empty: `root` itself) for reading.
OpenedDirectory OpenBeneath(int root, absl::string_view path);

// Whether what lies at `path` now is the open `directory`, which was opened there: it, or one above
// it, may have been moved since, and then what was seen in it was not at that path.
bool StillAt(int root, absl::string_view path, int directory);

// Whether `error` of a look-up proves that no such directory or file is there (and not that
// it cannot be told).
bool MeansAbsent(int error);

// lstat of `name` in the open directory; 0 or errno.
int LookAt(int directory, const char* name, struct stat& status);
int LookAt(int directory, const std::string& name, struct stat& status);

// Calls `entry` with name and d_type (DT_UNKNOWN resolved) for all but "." and "..". Returns 0 or
// the errno that ended it early. Moves the descriptor's offset: two must not read one at a time.
int ReadEntries(int directory,
                absl::FunctionRef<void(absl::string_view name, unsigned char type)> entry);

// "a/b/c" to "a/b" and "c"; a single component has an empty parent.
struct SplitPath {
  absl::string_view parent;
  absl::string_view name;
};
SplitPath SplitLast(absl::string_view path);

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_FEED_BENEATH_H_
