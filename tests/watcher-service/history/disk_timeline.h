#ifndef HESTIA_TESTS_WATCHER_SERVICE_HISTORY_DISK_TIMELINE_H_
#define HESTIA_TESTS_WATCHER_SERVICE_HISTORY_DISK_TIMELINE_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "tests/watcher-service/history/history.h"

namespace hestia {

// The directory tree over time, out of a history's steps. A step takes effect at some moment
// between its beginning and its end, so questions about a span of time are answered with what
// is possible or what is certain.
//
// Thread-safety: immutable.
class DiskTimeline {
 public:
  explicit DiskTimeline(const History& history);

  using Tree = std::map<std::string, FileFact>;
  // The tree when no step was under way.
  Tree At(absl::Duration moment) const;

  // Whether someone who looked between `from` and `to` may have found `file` (none: no regular
  // file) at `path`.
  bool MayHaveBeen(const std::string& path, const std::optional<FileFact>& file,
                   absl::Duration from, absl::Duration to) const;
  // The same for: nothing at `path` and beneath.
  bool MayHaveBeenEmpty(const std::string& path, absl::Duration from, absl::Duration to) const;
  // Paths at which one and the same file lay all the time.
  std::set<std::string> PresentThroughout(absl::Duration from, absl::Duration to) const;

  struct LastChange {
    absl::Duration began;
    std::optional<FileFact> file;
  };
  // Of every path that ever changed, the last change that was over by `moment`.
  std::map<std::string, LastChange> LastChanges(absl::Duration moment) const;
  // When a writer last closed the file `inode` before `moment`; none: never.
  std::optional<absl::Duration> LastClosed(std::uint64_t inode, absl::Duration moment) const;
  // When the first change of the root between `from` and `to` began.
  std::optional<absl::Duration> RootChanged(absl::Duration from, absl::Duration to) const;
  // When the last step before `moment` was over.
  absl::Duration QuietSince(absl::Duration moment) const;

 private:
  struct Change {
    absl::Duration began;
    absl::Duration over;
    bool unobserved = false;
    std::optional<FileFact> file;
  };
  struct Close {
    absl::Duration began;
    absl::Duration over;
  };

  std::map<std::string, std::vector<Change>> changes_;
  std::map<std::uint64_t, std::vector<Close>> closes_;
  std::vector<Close> root_changes_;
  std::vector<absl::Duration> steps_over_;
};

}  // namespace hestia

#endif  // HESTIA_TESTS_WATCHER_SERVICE_HISTORY_DISK_TIMELINE_H_
