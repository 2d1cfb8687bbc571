// The promises that compare what was told with what was on the disk.
#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <variant>

#include <absl/strings/str_cat.h>

#include "common/path_text.h"
#include "tests/watcher-service/history/consumer_table.h"
#include "tests/watcher-service/history/disk_timeline.h"
#include "tests/watcher-service/history/promises.h"
#include "tests/watcher-service/history/stream_record.h"

namespace hestia {
namespace {

std::string Name(const StreamRecord& stream) {
  return absl::StrCat("stream ", stream.stream, " of subscriber ", stream.subscriber);
}

std::string Describe(const std::optional<FileFact>& file) {
  if (!file.has_value()) return "no file";
  return absl::StrCat("a file of ", file->size_bytes, " bytes, inode ", file->inode, ", modified ",
                      absl::FormatTime("%H:%M:%E6S", file->modified_at, absl::UTCTimeZone()));
}

std::optional<FileFact> FactOf(const FileState& state) {
  if (!state.present) return std::nullopt;
  return FileFact{state.size_bytes, state.modified_at, state.inode};
}

bool IsSnapshot(const ListingBegin& begin) { return begin.scope.empty() && !begin.shallow; }

// The answers of Sync, in order.
std::vector<Synced> SyncsOf(const History& history) {
  std::vector<Synced> syncs;
  for (const HistoryEntry& entry : history) {
    if (const auto* const synced = std::get_if<Synced>(&entry.what)) syncs.push_back(*synced);
  }
  return syncs;
}

// Since when a frame on a stream may tell of a root that is no longer there.
absl::Duration RootKnownSince(const std::vector<Synced>& syncs, absl::Duration snapshot,
                              absl::Duration at) {
  absl::Duration since = snapshot;
  for (const Synced& synced : syncs) {
    if (synced.asked < at) since = std::max(since, synced.asked);
  }
  return since;
}

Verdict CheckTrueState(const DiskTimeline& disk, const FileState& state, absl::Duration from,
                       absl::Duration to) {
  if (!disk.MayHaveBeen(state.path, FactOf(state), from, to)) {
    return absl::StrCat("\"", state.path, "\" was told as ", Describe(FactOf(state)),
                        ", which it was at no moment in between");
  }
  if (state.subtree_absent && !disk.MayHaveBeenEmpty(state.path, from, to)) {
    return absl::StrCat("nothing was told to be beneath \"", state.path,
                        "\", but there always was something");
  }
  return std::nullopt;
}

Verdict CheckTrueStream(const DiskTimeline& disk, const std::vector<Synced>& syncs,
                        const StreamRecord& stream) {
  absl::Duration snapshot = -absl::InfiniteDuration();
  for (const Delivery& delivery : stream.deliveries) {
    if (const auto* const begin = std::get_if<ListingBegin>(&delivery.frame->content)) {
      if (IsSnapshot(*begin)) snapshot = delivery.earliest;
    }
    const auto* const states = std::get_if<std::vector<FileState>>(&delivery.frame->content);
    if (states == nullptr) continue;
    const absl::Duration since = RootKnownSince(syncs, snapshot, delivery.at);
    const absl::Duration from =
        std::min(delivery.earliest, disk.RootChanged(since, delivery.at).value_or(delivery.earliest));
    for (const FileState& state : *states) {
      if (Verdict verdict = CheckTrueState(disk, state, from, delivery.at)) return verdict;
    }
  }
  return std::nullopt;
}

Verdict CheckFreshStream(const DiskTimeline& disk, const StreamRecord& stream) {
  absl::Duration began;
  std::optional<ListingBegin> begin;
  std::set<std::string> named;
  for (const Delivery& delivery : stream.deliveries) {
    if (const auto* const listing = std::get_if<ListingBegin>(&delivery.frame->content)) {
      begin = *listing;
      began = delivery.earliest;
      named.clear();
    } else if (const auto* const states =
                   std::get_if<std::vector<FileState>>(&delivery.frame->content)) {
      for (const FileState& state : *states) named.insert(state.path);
    } else if (const auto* const end = std::get_if<ListingEnd>(&delivery.frame->content)) {
      if (!begin.has_value() || !end->complete) continue;
      for (const std::string& path : disk.PresentThroughout(began, delivery.at)) {
        if (!InScope(begin->scope, begin->shallow, path) || IsUnread(*end, path)) continue;
        if (!named.contains(path)) {
          return absl::StrCat("the listing of \"", begin->scope, "\" does not name \"", path,
                              "\", which was there all the time");
        }
      }
    }
  }
  return std::nullopt;
}

// What a subscriber was last told of every path, over all its streams.
class Tellings {
 public:
  struct Telling {
    absl::Duration at;
    std::optional<FileFact> file;
  };

  void BeginStream() {
    table_.BeginStream();
    begin_.reset();
  }

  void Take(const Delivery& delivery, const DiskTimeline::Tree& ever) {
    const std::set<std::string> listed = table_.listed();
    table_.Apply(*delivery.frame);
    if (const auto* const begin = std::get_if<ListingBegin>(&delivery.frame->content)) {
      begin_ = *begin;
      began_ = delivery.at;
    } else if (const auto* const states =
                   std::get_if<std::vector<FileState>>(&delivery.frame->content)) {
      for (const FileState& state : *states) TakeState(state, delivery.at, ever);
    } else if (const auto* const end = std::get_if<ListingEnd>(&delivery.frame->content)) {
      if (!begin_.has_value() || !end->complete) return;
      for (const auto& [path, unused] : ever) {
        if (InScope(begin_->scope, begin_->shallow, path) && !listed.contains(path) &&
            !IsUnread(*end, path)) {
          told_[path] = {began_, std::nullopt};
        }
      }
    }
  }

  const Telling* Of(const std::string& path) const {
    const auto told = told_.find(path);
    return told == told_.end() ? nullptr : &told->second;
  }
  const ConsumerTable& table() const { return table_; }

 private:
  void TakeState(const FileState& state, absl::Duration at, const DiskTimeline::Tree& ever) {
    if (state.settling) return;
    told_[state.path] = {at, FactOf(state)};
    if (!state.subtree_absent) return;
    for (const auto& [path, unused] : ever) {
      if (IsBeneath(path, state.path)) told_[path] = {at, std::nullopt};
    }
  }

  ConsumerTable table_;
  std::optional<ListingBegin> begin_;
  absl::Duration began_;
  std::map<std::string, Telling> told_;
};

// Leads every subscriber through a history and calls `reached(subscriber, synced, at, tellings)`
// for each Sync whose cursor it has reached, or with no `at` when it never does.
template <typename Reached>
Verdict AtEverySync(const History& history, Reached reached) {
  const std::vector<Synced> syncs = SyncsOf(history);
  DiskTimeline::Tree ever;
  for (const HistoryEntry& entry : history) {
    const auto* const step = std::get_if<DiskStep>(&entry.what);
    if (step == nullptr) continue;
    for (const auto& [path, unused] : step->changed) ever[path];
  }
  std::map<int, std::vector<StreamRecord>> subscribers;
  for (StreamRecord& stream : StreamsOf(history)) {
    subscribers[stream.subscriber].push_back(std::move(stream));
  }
  for (const auto& each : subscribers) {
    const int subscriber = each.first;
    Tellings tellings;
    std::uint64_t sequence = 0;  // the last one told
    std::size_t next = 0;
    // Sequences rise across epochs, so a later epoch covers an earlier Sync. Who had reached the
    // cursor before the question was asked has nothing more to be told.
    const auto settle = [&](absl::Duration now, bool by_this_delivery) -> Verdict {
      for (; next < syncs.size() && syncs[next].asked <= now &&
             sequence >= syncs[next].cursor.sequence;
           ++next) {
        const absl::Duration at = by_this_delivery ? now : syncs[next].asked;
        if (Verdict verdict = reached(subscriber, syncs[next], at, &tellings)) return verdict;
      }
      return std::nullopt;
    };
    for (const StreamRecord& stream : each.second) {
      tellings.BeginStream();
      for (const Delivery& delivery : stream.deliveries) {
        if (Verdict verdict = settle(delivery.at, false)) return verdict;
        tellings.Take(delivery, ever);
        if (delivery.frame->cursor.has_value()) sequence = delivery.frame->cursor->sequence;
        if (Verdict verdict = settle(delivery.at, true)) return verdict;
      }
    }
    if (Verdict verdict = settle(absl::InfiniteDuration(), false)) return verdict;
    for (; next < syncs.size(); ++next) {
      if (Verdict verdict = reached(subscriber, syncs[next], absl::InfiniteDuration(), nullptr)) {
        return verdict;
      }
    }
  }
  return std::nullopt;
}

Verdict CompareTable(const ConsumerTable& table, const DiskTimeline::Tree& tree) {
  for (const auto& [path, file] : tree) {
    const auto known = table.files().find(path);
    if (known == table.files().end()) {
      return absl::StrCat("does not know \"", path, "\", ", Describe(file));
    }
    if (FactOf(known->second) != file) {
      return absl::StrCat("takes \"", path, "\" for ", Describe(FactOf(known->second)), "; it is ",
                          Describe(file));
    }
  }
  for (const auto& [path, state] : table.files()) {
    if (!tree.contains(path)) return absl::StrCat("still knows \"", path, "\", which is gone");
  }
  return std::nullopt;
}

}  // namespace

Verdict CheckTrue(const History& history) {
  const DiskTimeline disk(history);
  const std::vector<Synced> syncs = SyncsOf(history);
  for (const StreamRecord& stream : StreamsOf(history)) {
    if (Verdict verdict = CheckTrueStream(disk, syncs, stream)) {
      return absl::StrCat(Name(stream), ": ", *verdict);
    }
  }
  return std::nullopt;
}

Verdict CheckFresh(const History& history) {
  const DiskTimeline disk(history);
  for (const StreamRecord& stream : StreamsOf(history)) {
    if (Verdict verdict = CheckFreshStream(disk, stream)) {
      return absl::StrCat(Name(stream), ": ", *verdict);
    }
  }
  return std::nullopt;
}

Verdict CheckReliable(const History& history, const Terms& terms) {
  const DiskTimeline disk(history);
  return AtEverySync(history, [&](int subscriber, const Synced& synced, absl::Duration /*at*/,
                                  const Tellings* tellings) -> Verdict {
    if (tellings == nullptr) return std::nullopt;  // CheckConverging's affair
    for (const auto& [path, change] : disk.LastChanges(synced.asked)) {
      const Tellings::Telling* const told = tellings->Of(path);
      const bool same = told != nullptr ? told->file == change.file : !change.file.has_value();
      std::optional<absl::Duration> closed;
      if (terms.closes_are_seen && change.file.has_value()) {
        closed = disk.LastClosed(change.file->inode, synced.asked);
      }
      const absl::Duration since = std::max(same ? -absl::InfiniteDuration() : change.began,
                                            closed.value_or(-absl::InfiniteDuration()));
      if (same && !closed.has_value()) continue;
      if (told != nullptr && told->at >= since) continue;
      return absl::StrCat("subscriber ", subscriber, " reached sequence ", synced.cursor.sequence,
                          " and was not told of \"", path, "\", ", Describe(change.file),
                          ", since it changed");
    }
    return std::nullopt;
  });
}

Verdict CheckConverging(const History& history, const Terms& terms) {
  const DiskTimeline disk(history);
  return AtEverySync(history, [&](int subscriber, const Synced& synced, absl::Duration at,
                                  const Tellings* tellings) -> Verdict {
    const std::string who = absl::StrCat("subscriber ", subscriber);
    if (tellings == nullptr) {
      return absl::StrCat(who, " never reached sequence ", synced.cursor.sequence);
    }
    // Writes went on: nothing is said about this moment.
    if (disk.QuietSince(at) > synced.asked) return std::nullopt;
    if (Verdict verdict = CompareTable(tellings->table(), disk.At(synced.asked))) {
      return absl::StrCat(who, " ", *verdict);
    }
    absl::Duration quiet = disk.QuietSince(synced.asked);
    for (const HistoryEntry& entry : history) {
      if (std::holds_alternative<WatcherRuns>(entry.what) && entry.at <= at) {
        quiet = std::max(quiet, entry.at);
      }
    }
    if (at - quiet > terms.convergence + terms.grace) {
      return absl::StrCat(who, " took ", absl::FormatDuration(at - quiet), " after the last change");
    }
    return std::nullopt;
  });
}

}  // namespace hestia
