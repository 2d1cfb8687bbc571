#ifndef HESTIA_TESTS_WATCHER_SERVICE_HISTORY_CONSUMER_TABLE_H_
#define HESTIA_TESTS_WATCHER_SERVICE_HISTORY_CONSUMER_TABLE_H_

#include <map>
#include <optional>
#include <set>
#include <string>

#include "watcher-service/events/frame.h"

namespace hestia {

// What a consumer knows from the frames alone, read as watcher.proto says.
//
// Thread-safety: none.
class ConsumerTable {
 public:
  // A stream begins: a listing that the one before did not end is void.
  void BeginStream();
  void Apply(const Frame& frame);

  // The last state of every path that is present. A file that is settling keeps the state told
  // before; one never told before has that in which it was listed.
  const std::map<std::string, FileState>& files() const { return files_; }
  // Everything at or before it is in files().
  const std::optional<Cursor>& cursor() const { return cursor_; }
  bool listing() const { return listing_.has_value(); }
  // Of the listing now or last under way: the paths it named.
  const std::set<std::string>& listed() const { return listed_; }

 private:
  void ApplyState(const FileState& state);
  void ApplyEnd(const ListingEnd& end);

  std::map<std::string, FileState> files_;
  std::optional<Cursor> cursor_;
  std::optional<ListingBegin> listing_;
  std::set<std::string> listed_;
};

// Whether a listing of `scope` tells of `path`.
bool InScope(const std::string& scope, bool shallow, const std::string& path);
// Whether a finished listing says nothing of `path` because it could not be read.
bool IsUnread(const ListingEnd& end, const std::string& path);

}  // namespace hestia

#endif  // HESTIA_TESTS_WATCHER_SERVICE_HISTORY_CONSUMER_TABLE_H_
