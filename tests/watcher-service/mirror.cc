#include "tests/watcher-service/mirror.h"

#include <algorithm>
#include <iterator>
#include <variant>

#include <gtest/gtest.h>

#include "common/path_text.h"

namespace hestia {

void Mirror::Apply(const Frame& frame) {
  if (const auto* const begin = std::get_if<ListingBegin>(&frame.content)) {
    EXPECT_FALSE(scope_.has_value()) << "listings do not nest";
    scope_ = begin->scope;
    shallow_ = begin->shallow;
    listed_.clear();
    last_listed_.clear();
    listings_.push_back(*begin);
  } else if (const auto* const states = std::get_if<std::vector<FileState>>(&frame.content)) {
    EXPECT_FALSE(states->empty());
    EXPECT_LE(states->size(), kMaxFrameStates);
    for (const FileState& state : *states) ApplyState(state);
  } else if (const auto* const end = std::get_if<ListingEnd>(&frame.content)) {
    ApplyEnd(*end);
  }
  if (!frame.cursor.has_value()) return;
  EXPECT_FALSE(scope_.has_value()) << "no cursor inside a listing";
  if (cursor_.has_value() && cursor_->epoch == frame.cursor->epoch) {
    EXPECT_GE(frame.cursor->sequence, cursor_->sequence);
  }
  cursor_ = frame.cursor;
}

std::set<std::string> Mirror::paths() const {
  std::set<std::string> paths;
  for (const auto& [path, size] : files_) paths.insert(path);
  return paths;
}

bool Mirror::Heard(ListingReason reason) const {
  return std::any_of(listings_.begin(), listings_.end(),
                     [reason](const ListingBegin& begin) { return begin.reason == reason; });
}

int Mirror::Count(const std::string& path) const {
  return static_cast<int>(std::count_if(
      told_.begin(), told_.end(), [&](const FileState& state) { return state.path == path; }));
}

std::optional<FileState> Mirror::Last(const std::string& path) const {
  const auto found = std::find_if(told_.rbegin(), told_.rend(),
                                  [&](const FileState& state) { return state.path == path; });
  if (found == told_.rend()) return std::nullopt;
  return *found;
}

void Mirror::ApplyState(const FileState& state) {
  told_.push_back(state);
  if (scope_.has_value()) {
    EXPECT_LT(last_listed_, state.path) << "entries come in byte order";
    EXPECT_TRUE(InScope(*scope_, state.path)) << state.path;
    last_listed_ = state.path;
    listed_.insert(state.path);
  }
  // Its state is told when it is at rest; until then the old one stands.
  if (state.settling) return;
  if (state.present) {
    files_[state.path] = state.size_bytes;
    return;
  }
  files_.erase(state.path);
  if (!state.subtree_absent) return;
  std::erase_if(files_, [&](const auto& file) { return IsBeneath(file.first, state.path); });
}

void Mirror::ApplyEnd(const ListingEnd& end) {
  ASSERT_TRUE(scope_.has_value());
  EXPECT_EQ(end.scope, *scope_);
  EXPECT_EQ(end.file_count, listed_.size());
  ends_.push_back(end);
  scope_.reset();
  if (!end.complete) return;
  std::erase_if(files_, [&](const auto& file) {
    const auto unread = [&](const std::string& path) {
      return file.first == path || IsBeneath(file.first, path);
    };
    return InScope(end.scope, file.first) && !listed_.contains(file.first) &&
           std::none_of(end.unread.begin(), end.unread.end(), unread);
  });
}

bool Mirror::InScope(const std::string& scope, const std::string& path) const {
  if (!IsBeneath(path, scope)) return false;
  const std::size_t begin = scope.empty() ? 0 : scope.size() + 1;
  return !shallow_ || path.find('/', begin) == std::string::npos;
}

}  // namespace hestia
