#include "watcher-service/events/journal.h"

#include <utility>

#include <absl/strings/str_cat.h>

#include "common/path_text.h"

namespace hestia {
namespace {

// What the heap gives for a text: nothing while it fits into the string itself.
std::size_t TextBytes(const std::string& text) {
  constexpr std::size_t kInPlace = 15;
  constexpr std::size_t kOverhead = 8;
  constexpr std::size_t kGrain = 16;
  if (text.size() <= kInPlace) return 0;
  return (text.size() + 1 + kOverhead + kGrain - 1) / kGrain * kGrain;
}

}  // namespace

// A path with several marks has its text in by_path_ once, and is counted with each.
std::size_t Journal::BytesOf(const Mark& mark) {
  constexpr std::size_t kInMaps = sizeof(Marks::value_type) + sizeof(ByPath::value_type);
  // The nodes of a tree that marks come to and go from in any order are not full.
  return kInMaps + kInMaps / 3 + 2 * TextBytes(mark.path) + TextBytes(mark.previous_path);
}

Journal::Journal(Limits limits, std::uint64_t start)
    : limits_(limits), head_(start), forgotten_(start) {}

void Journal::File(absl::string_view path, absl::string_view previous_path, bool rewritten) {
  Mark mark;
  mark.kind = Mark::Kind::kFile;
  mark.path = std::string(path);
  mark.previous_path = std::string(previous_path);
  auto slots = by_path_.lower_bound(path);
  if (slots != by_path_.end() && slots->first == path && slots->second.entry != 0) {
    const Mark& old = marks_.at(slots->second.entry);
    mark.rewritten_at = old.rewritten_at;
    if (old.subtree) {
      // A file where a directory was: its own mark cannot say that nothing is beneath any
      // more, an (empty) listing of that scope can.
      List(path, ListingReason::kDirectoryArrived);
      slots = by_path_.lower_bound(path);
    }
  }
  if (rewritten) mark.rewritten_at = head_ + 1;
  Put(std::move(mark), slots);
}

void Journal::Gone(absl::string_view path, bool directory) {
  Mark mark;
  mark.kind = Mark::Kind::kGone;
  mark.path = std::string(path);
  const Mark* const old = EntryAt(path);
  mark.subtree = directory || (old != nullptr && old->subtree);
  if (directory) {
    ForgetBeneath(path);
    ForgetLists(path);
  }
  Put(std::move(mark));
}

void Journal::List(absl::string_view scope, ListingReason reason, bool shallow) {
  Mark mark;
  mark.kind = Mark::Kind::kList;
  mark.path = std::string(scope);
  mark.reason = reason;
  mark.shallow = shallow;
  if (!shallow) ForgetLists(scope);
  Put(std::move(mark));
}

bool Journal::HasGoneDirectory(absl::string_view path) const {
  const Mark* const entry = EntryAt(path);
  return entry != nullptr && entry->subtree;
}

bool Journal::ListsAfter(absl::string_view scope, std::uint64_t sequence) const {
  const auto slots = by_path_.find(scope);
  return slots != by_path_.end() && slots->second.deep > sequence;
}

void Journal::Clear() {
  marks_.clear();
  by_path_.clear();
  bytes_ = 0;
  forgotten_ = ++head_;
}

std::vector<Mark> Journal::After(std::uint64_t sequence, std::size_t max) const {
  std::vector<Mark> found;
  for (auto it = marks_.upper_bound(sequence); it != marks_.end() && found.size() < max; ++it) {
    found.push_back(it->second);
  }
  return found;
}

void Journal::Put(Mark mark) {
  const auto hint = by_path_.lower_bound(mark.path);
  Put(std::move(mark), hint);
}

void Journal::Put(Mark mark, ByPath::const_iterator hint) {
  Slots& slots = by_path_.try_emplace(hint, mark.path)->second;
  std::uint64_t& slot = slots.Of(mark);
  if (const std::uint64_t old = std::exchange(slot, ++head_); old != 0) Take(marks_.find(old));
  mark.sequence = head_;
  bytes_ += BytesOf(mark);
  marks_.emplace_hint(marks_.end(), head_, std::move(mark));
  Trim();
}

void Journal::Forget(std::uint64_t sequence) {
  const auto mark = marks_.find(sequence);
  const auto slots = by_path_.find(mark->second.path);
  slots->second.Of(mark->second) = 0;
  if (slots->second.Empty()) by_path_.erase(slots);
  Take(mark);
}

void Journal::Take(Marks::iterator mark) {
  bytes_ -= BytesOf(mark->second);
  marks_.erase(mark);
}

void Journal::ForgetBeneath(absl::string_view directory) {
  // All paths beneath lie together: '/' sorts right after the prefix.
  const std::string prefix = directory.empty() ? "" : absl::StrCat(directory, "/");
  std::vector<std::uint64_t> doomed;
  for (auto it = by_path_.lower_bound(prefix);
       it != by_path_.end() && IsBeneath(it->first, directory); ++it) {
    for (const std::uint64_t sequence : {it->second.entry, it->second.deep, it->second.shallow}) {
      if (sequence != 0) doomed.push_back(sequence);
    }
  }
  for (const std::uint64_t sequence : doomed) Forget(sequence);
}

void Journal::ForgetLists(absl::string_view scope) {
  const auto found = by_path_.find(scope);
  if (found == by_path_.end()) return;
  const Slots slots = found->second;
  if (slots.deep != 0) Forget(slots.deep);
  if (slots.shallow != 0) Forget(slots.shallow);
}

const Mark* Journal::EntryAt(absl::string_view path) const {
  const auto slots = by_path_.find(path);
  if (slots == by_path_.end() || slots->second.entry == 0) return nullptr;
  return &marks_.at(slots->second.entry);
}

void Journal::Trim() {
  while (marks_.size() > limits_.max_marks ||
         (bytes_ > limits_.max_bytes && marks_.size() > 1)) {
    forgotten_ = marks_.begin()->first;
    Forget(forgotten_);
  }
}

}  // namespace hestia
