#ifndef HESTIA_WATCHER_SERVICE_FEED_LISTING_H_
#define HESTIA_WATCHER_SERVICE_FEED_LISTING_H_

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "common/unique_fd.h"
#include "watcher-service/events/frame.h"
#include "watcher-service/events/ignore_policy.h"

namespace hestia {

// Names every regular file beneath a directory, in byte order of path text, as it is asked
// for. Symbolic links are not followed; ignored names are left out. Each file's state is
// read when it is taken.
//
// A directory's entries are sorted by text with '/' behind a subdirectory's name, which
// makes a walk through them come out in the order of whole paths ("a-b" < "a/b" < "a0").
//
// Thread-safety: none. Blocking: the disk.
// Memory: the names in the directories from the scope down to where it is, and nothing of
//   those beside; at most 16 descriptors.
class Listing {
 public:
  // `root` is an open directory, `scope` path text beneath it (empty: all). `ignore` is
  // borrowed for the listing's life.
  Listing(UniqueFd root, std::string scope, const IgnorePolicy& ignore);

  // Appends the next files to `files`, until that holds kMaxFrameStates or
  // kMaxFramePathBytes, the end is reached, or `time_budget` is used up (so it may append
  // nothing). False at the end.
  bool Take(absl::Duration time_budget, std::vector<FileState>& files);

  const std::string& scope() const { return scope_; }
  std::uint64_t file_count() const { return file_count_; }
  // Everything beneath the scope could be read so far; else problem() names what not.
  bool complete() const { return problem_.empty(); }
  const std::string& problem() const { return problem_; }

 private:
  struct Level {
    std::string path;                  // text; empty is the root
    UniqueFd fd;                       // closed while far beneath, reopened by path
    std::vector<std::string> entries;  // text, a subdirectory's with '/' behind, sorted
    std::size_t next = 0;
  };

  void Enter(std::string path, int parent, absl::string_view raw_name);
  void TakeFile(Level& level, const std::string& text, std::vector<FileState>& files);
  bool Reopen(Level& level);
  void NoteProblem(absl::string_view path, int error);

  const UniqueFd root_;
  const std::string scope_;
  const IgnorePolicy& ignore_;
  std::vector<Level> chain_;
  std::uint64_t file_count_ = 0;
  std::size_t problem_count_ = 0;
  std::string problem_;
};

// What a present regular file is told as.
FileState PresentFile(std::string path, const struct stat& status);

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_FEED_LISTING_H_
