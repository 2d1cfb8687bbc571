#ifndef HESTIA_TESTS_WATCHER_SERVICE_MIRROR_H_
#define HESTIA_TESTS_WATCHER_SERVICE_MIRROR_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "watcher-service/events/frame.h"

namespace hestia {

// A model subscriber: knows which files there are from the frames alone, as watcher.proto
// says to read them, and checks on the way that the frames keep the contract's order.
class Mirror {
 public:
  void Apply(const Frame& frame);

  // Path text to size, as of the last frame.
  const std::map<std::string, std::uint64_t>& files() const { return files_; }
  std::set<std::string> paths() const;
  const std::optional<Cursor>& cursor() const { return cursor_; }
  const std::vector<ListingBegin>& listings() const { return listings_; }
  // Whether any listing was made for `reason`.
  bool Heard(ListingReason reason) const;
  const std::vector<ListingEnd>& ends() const { return ends_; }
  // Every state told, listings included, in order.
  const std::vector<FileState>& told() const { return told_; }
  // How often `path` was told.
  int Count(const std::string& path) const;
  // The last state told of `path`.
  std::optional<FileState> Last(const std::string& path) const;

 private:
  void ApplyState(const FileState& state);
  void ApplyEnd(const ListingEnd& end);
  // Whether a listing of `scope`, shallow or not as the running one is, tells of `path`.
  bool InScope(const std::string& scope, const std::string& path) const;

  std::map<std::string, std::uint64_t> files_;
  std::optional<Cursor> cursor_;
  std::optional<std::string> scope_;  // inside a listing
  bool shallow_ = false;
  std::set<std::string> listed_;
  std::string last_listed_;
  std::vector<ListingBegin> listings_;
  std::vector<ListingEnd> ends_;
  std::vector<FileState> told_;
};

}  // namespace hestia

#endif  // HESTIA_TESTS_WATCHER_SERVICE_MIRROR_H_
