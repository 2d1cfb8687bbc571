#include "tests/watcher-service/history/consumer_table.h"

#include <algorithm>
#include <variant>
#include <vector>

#include "common/path_text.h"

namespace hestia {

void ConsumerTable::BeginStream() { listing_.reset(); }

void ConsumerTable::Apply(const Frame& frame) {
  if (const auto* const begin = std::get_if<ListingBegin>(&frame.content)) {
    listing_ = *begin;
    listed_.clear();
  } else if (const auto* const states = std::get_if<std::vector<FileState>>(&frame.content)) {
    for (const FileState& state : *states) ApplyState(state);
  } else if (const auto* const end = std::get_if<ListingEnd>(&frame.content)) {
    ApplyEnd(*end);
  }
  if (frame.cursor.has_value()) cursor_ = frame.cursor;
}

void ConsumerTable::ApplyState(const FileState& state) {
  if (listing_.has_value()) listed_.insert(state.path);
  if (state.settling) {
    files_.emplace(state.path, state);
  } else if (state.present) {
    files_.insert_or_assign(state.path, state);
  } else {
    files_.erase(state.path);
  }
  if (!state.subtree_absent) return;
  std::erase_if(files_, [&](const auto& file) { return IsBeneath(file.first, state.path); });
}

void ConsumerTable::ApplyEnd(const ListingEnd& end) {
  if (listing_.has_value() && end.complete) {
    std::erase_if(files_, [&](const auto& file) {
      return InScope(end.scope, listing_->shallow, file.first) && !listed_.contains(file.first) &&
             !IsUnread(end, file.first);
    });
  }
  listing_.reset();
}

bool InScope(const std::string& scope, bool shallow, const std::string& path) {
  if (!IsBeneath(path, scope)) return false;
  const std::size_t begin = scope.empty() ? 0 : scope.size() + 1;
  return !shallow || path.find('/', begin) == std::string::npos;
}

bool IsUnread(const ListingEnd& end, const std::string& path) {
  return std::any_of(end.unread.begin(), end.unread.end(), [&](const std::string& unread) {
    return path == unread || IsBeneath(path, unread);
  });
}

}  // namespace hestia
