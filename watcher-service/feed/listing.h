#ifndef HESTIA_WATCHER_SERVICE_FEED_LISTING_H_
#define HESTIA_WATCHER_SERVICE_FEED_LISTING_H_

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_set.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "common/unique_fd.h"
#include "watcher-service/events/frame.h"
#include "watcher-service/events/ignore_policy.h"
#include "watcher-service/feed/file_looks.h"
#include "watcher-service/feed/name_list.h"

namespace hestia {

// Paths (text) of files that someone has open for writing.
using WritingFiles = absl::flat_hash_set<std::string>;

// Names every regular file beneath a directory, or only those directly in it, in byte order of
// path text, as it is asked for. Symbolic links are not followed; ignored names, and paths that
// are too long to be told, are left out. Each file's state is read when it is taken.
//
// A directory's entries are sorted by text with '/' behind a subdirectory's name, which
// makes a walk through them come out in the order of whole paths ("a-b" < "a/b" < "a0").
//
// Thread-safety: none. Blocking: the disk. Thread: a second one once it is long, see FileLooks.
// Memory: the names in the directories from the scope down to where it is, and nothing of
//   those beside; at most 16 descriptors; 1,000 paths that could not be read; 64 KiB.
class Listing {
 public:
  // `root` is an open directory, `scope` path text beneath it (empty: all). `ignore` is
  // borrowed for the listing's life.
  enum class Depth { kWhole, kShallow };
  Listing(UniqueFd root, std::string scope, Depth depth, const IgnorePolicy& ignore);

  // Appends the next files to `files`, until that holds kMaxFrameStates or
  // kMaxFramePathBytes, the end is reached, or `time_budget` is used up (so it may append
  // nothing). Those that are in `writing` are told as settling. False at the end.
  bool Take(absl::Duration time_budget, const WritingFiles& writing, std::vector<FileState>& files);

  // Closes every descriptor, so that a listing nobody takes from hinders no unmount. Before the
  // next Take it needs the root again.
  void Rest();
  bool resting() const { return !root_.valid(); }
  void Resume(UniqueFd root) { root_ = std::move(root); }

  // Paths (text) of directories looked into since the last call; Take stops at 1,024.
  std::vector<std::string> TakeEntered() { return std::exchange(entered_, {}); }

  const std::string& scope() const { return scope_; }
  std::uint64_t file_count() const { return file_count_; }
  // All was read, but for what unread() names. False: the scope itself could not be read, or
  // more than unread() can hold.
  bool complete() const { return complete_; }
  // Paths that could not be read; nothing is known of them and of what lies beneath them.
  const std::vector<std::string>& unread() const { return unread_; }
  // A sentence about the first of them; empty when all could be read.
  const std::string& problem() const { return problem_; }

 private:
  struct Level {
    std::string path;           // text; empty is the root
    std::size_t raw_bytes = 0;  // length of the raw path
    UniqueFd fd;                // closed while far beneath, reopened by path
    NameList names;             // text, a subdirectory's with '/' behind
    int moves = 0;              // times that it was found to have left its path
  };

  void Enter(std::string path, std::size_t raw_bytes, int parent, absl::string_view raw_name);
  // Takes files up to the next subdirectory, none if the directory was moved meanwhile. False: the
  // time is used up.
  bool TakeFiles(Level& level, absl::Duration deadline, const WritingFiles& writing,
                 std::vector<FileState>& files, std::size_t& path_bytes);
  void TakeFile(const Level& level, absl::string_view text, const FileLooks::Found& found,
                const WritingFiles& writing, std::vector<FileState>& files);
  bool Reopen(Level& level);
  void NoteProblem(absl::string_view path, int error);

  UniqueFd root_;
  const std::string scope_;
  const Depth depth_;
  const IgnorePolicy& ignore_;
  std::vector<Level> chain_;
  FileLooks looks_;
  std::uint64_t file_count_ = 0;
  bool complete_ = true;
  std::vector<std::string> entered_;
  std::vector<std::string> unread_;
  std::string problem_;
};

// What a present regular file is told as.
FileState PresentFile(std::string path, const struct stat& status);

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_FEED_LISTING_H_
