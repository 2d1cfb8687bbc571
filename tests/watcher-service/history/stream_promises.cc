// The promises that can be judged from the streams alone.
#include <algorithm>
#include <set>
#include <variant>

#include <absl/strings/str_cat.h>

#include "tests/watcher-service/history/promises.h"
#include "tests/watcher-service/history/stream_record.h"

namespace hestia {
namespace {

std::string Name(const StreamRecord& stream) {
  return absl::StrCat("stream ", stream.stream, " of subscriber ", stream.subscriber);
}

std::string Name(const Cursor& cursor) {
  return absl::StrCat("(epoch ", cursor.epoch, ", sequence ", cursor.sequence, ")");
}

// The states of a frame, none for other frames.
const std::vector<FileState>* StatesOf(const Frame& frame) {
  return std::get_if<std::vector<FileState>>(&frame.content);
}

// Follows one stream's listings and counts.
class Order {
 public:
  Verdict Take(const Delivery& delivery) {
    const Frame& frame = *delivery.frame;
    const std::uint64_t expected = number_ + (frame.IsWork() ? 1 : 0);
    if (delivery.number != expected) {
      return absl::StrCat("frame number ", delivery.number, " came where ", expected, " was due");
    }
    number_ = expected;
    if (Verdict verdict = TakeListing(frame)) return verdict;
    if (!frame.cursor.has_value()) return std::nullopt;
    if (scope_.has_value()) return absl::StrCat("frame ", number_, " has a cursor in a listing");
    if (!frame.IsWork()) return std::nullopt;
    if (frame.cursor->sequence < sequence_) {
      return absl::StrCat("frame ", number_, " has sequence ", frame.cursor->sequence, " after ",
                          sequence_);
    }
    sequence_ = frame.cursor->sequence;
    return std::nullopt;
  }

 private:
  Verdict TakeListing(const Frame& frame) {
    if (const auto* const begin = std::get_if<ListingBegin>(&frame.content)) {
      if (scope_.has_value()) return absl::StrCat("frame ", number_, " nests a listing");
      scope_ = begin->scope;
      last_.clear();
      count_ = 0;
    } else if (const auto* const end = std::get_if<ListingEnd>(&frame.content)) {
      if (scope_ != end->scope) return absl::StrCat("frame ", number_, " ends another listing");
      if (end->file_count != count_) {
        return absl::StrCat("a listing that named ", count_, " files says ", end->file_count);
      }
      scope_.reset();
    } else if (const auto* const states = StatesOf(frame); states != nullptr && scope_.has_value()) {
      for (const FileState& state : *states) {
        if (state.path < last_) return absl::StrCat("\"", state.path, "\" after \"", last_, "\"");
        last_ = state.path;
        ++count_;
      }
    }
    return std::nullopt;
  }

  std::uint64_t number_ = 0;
  std::uint64_t sequence_ = 0;
  std::optional<std::string> scope_;
  std::string last_;
  std::uint64_t count_ = 0;
};

// The paths told twice in one frame, or in one listing, of which `seen` are the paths so far.
Verdict CheckTwice(const Frame& frame, std::set<std::string>& seen) {
  const auto* const states = StatesOf(frame);
  if (states == nullptr) return std::nullopt;
  for (const FileState& state : *states) {
    if (!seen.insert(state.path).second) return absl::StrCat("\"", state.path, "\" came twice");
  }
  return std::nullopt;
}

bool EndsSnapshot(const Frame& frame, const std::optional<ListingBegin>& begin) {
  return std::holds_alternative<ListingEnd>(frame.content) && begin.has_value() &&
         begin->scope.empty() && !begin->shallow;
}

// Whether a snapshot for `reason` fits one who came with `given` and has now `reached`.
bool ReasonFits(ListingReason reason, const std::optional<Cursor>& given, const Cursor& reached) {
  switch (reason) {
    case ListingReason::kFirstContact:
      return !given.has_value();
    case ListingReason::kJournalFull:
      return given.has_value() && given->epoch == reached.epoch;
    case ListingReason::kEpochUnknown:
      // Also one of this epoch that was never given out.
      return given.has_value() &&
             (given->epoch != reached.epoch || given->sequence > reached.sequence);
    case ListingReason::kOverflow:
    case ListingReason::kRootReturned:
      return given.has_value() && given->epoch != reached.epoch;
    default:
      // Another root listing, such as a rescan, neither needs nor changes an epoch.
      return given.has_value() && given->epoch == reached.epoch;
  }
}

Verdict CheckResume(const StreamRecord& stream) {
  std::optional<Cursor> at = stream.cursor;
  std::optional<ListingBegin> begin;
  bool first = true;
  bool renewed = false;  // by a snapshot, which does not go on from the cursor
  for (const Delivery& delivery : stream.deliveries) {
    const Frame& frame = *delivery.frame;
    if (const auto* const listing = std::get_if<ListingBegin>(&frame.content)) begin = *listing;
    if (first && frame.IsWork()) {
      first = false;
      if (!at.has_value() && (!begin.has_value() || !begin->scope.empty() || begin->shallow)) {
        return "one who came without a cursor was not given a snapshot first";
      }
    }
    if (!frame.cursor.has_value()) continue;
    const Cursor& reached = *frame.cursor;
    const bool snapshot = EndsSnapshot(frame, begin);
    if (snapshot && !ReasonFits(begin->reason, at, reached)) {
      return absl::StrCat("a snapshot for reason ", static_cast<int>(begin->reason), " led from ",
                          at.has_value() ? Name(*at) : "nothing", " to ", Name(reached));
    }
    if (!snapshot && (!at.has_value() || at->epoch != reached.epoch)) {
      return absl::StrCat("the feed went on from ", at.has_value() ? Name(*at) : "nothing",
                          " to ", Name(reached), " without a snapshot");
    }
    renewed = renewed || snapshot;
    if (!renewed && stream.cursor.has_value() && frame.IsWork() &&
        reached.sequence <= stream.cursor->sequence) {
      return absl::StrCat("one who came with ", Name(*stream.cursor), " was told ", Name(reached));
    }
    at = reached;
  }
  return std::nullopt;
}

class Halts {
 public:
  explicit Halts(const History& history) {
    for (const HistoryEntry& entry : history) {
      const bool halted = !halts_.empty() && halts_.back().second == absl::InfiniteDuration();
      if (std::holds_alternative<WatcherHalted>(entry.what) && !halted) {
        halts_.push_back({entry.at, absl::InfiniteDuration()});
      } else if (std::holds_alternative<WatcherRuns>(entry.what) && halted) {
        halts_.back().second = entry.at;
      }
    }
  }
  // How much of the time from `from` to `to` the watcher had.
  absl::Duration Running(absl::Duration from, absl::Duration to) const {
    absl::Duration running = to - from;
    for (const auto& [begin, end] : halts_) {
      running -= std::max(absl::ZeroDuration(), std::min(to, end) - std::max(from, begin));
    }
    return running;
  }

 private:
  std::vector<std::pair<absl::Duration, absl::Duration>> halts_;
};

Verdict CheckSilence(const StreamRecord& stream, const Halts& halts, absl::Duration allowed) {
  absl::Duration last = stream.opened;
  const auto silence = [&](absl::Duration asked, absl::Duration at) -> Verdict {
    const absl::Duration waited = halts.Running(std::max(last, asked), at);
    last = at;
    if (waited <= allowed) return std::nullopt;
    return absl::StrCat("nothing was heard for ", absl::FormatDuration(waited));
  };
  for (const Delivery& delivery : stream.deliveries) {
    if (Verdict verdict = silence(delivery.asked, delivery.at)) return verdict;
  }
  return stream.end.has_value() ? silence(stream.end->asked, stream.end->at) : std::nullopt;
}

Verdict CheckBookmarks(const StreamRecord& stream) {
  std::optional<Cursor> bookmark;
  for (const Delivery& delivery : stream.deliveries) {
    const std::optional<Cursor>& cursor = delivery.frame->cursor;
    if (!cursor.has_value()) continue;
    const bool work = delivery.frame->IsWork();
    if (bookmark.has_value() && bookmark->epoch == cursor->epoch &&
        (work ? cursor->sequence <= bookmark->sequence : cursor->sequence < bookmark->sequence)) {
      return absl::StrCat(Name(*cursor), " came after the bookmark ", Name(*bookmark));
    }
    if (!work) bookmark = cursor;
  }
  return std::nullopt;
}

// The first verdict of `check` over all streams.
template <typename Check>
Verdict OverStreams(const History& history, Check check) {
  for (const StreamRecord& stream : StreamsOf(history)) {
    if (Verdict verdict = check(stream)) return absl::StrCat(Name(stream), ": ", *verdict);
  }
  return std::nullopt;
}

}  // namespace

Verdict CheckOrdered(const History& history) {
  return OverStreams(history, [](const StreamRecord& stream) -> Verdict {
    Order order;
    for (const Delivery& delivery : stream.deliveries) {
      if (Verdict verdict = order.Take(delivery)) return verdict;
    }
    return std::nullopt;
  });
}

Verdict CheckUnique(const History& history) {
  return OverStreams(history, [](const StreamRecord& stream) -> Verdict {
    std::set<std::pair<std::uint64_t, std::uint64_t>> marks;
    std::set<std::string> paths;
    bool listing = false;
    for (const Delivery& delivery : stream.deliveries) {
      const Frame& frame = *delivery.frame;
      if (std::holds_alternative<ListingBegin>(frame.content)) listing = true;
      if (std::holds_alternative<ListingEnd>(frame.content)) listing = false;
      if (!listing || std::holds_alternative<ListingBegin>(frame.content)) paths.clear();
      if (Verdict verdict = CheckTwice(frame, paths)) return verdict;
      if (!frame.IsWork() || !frame.cursor.has_value()) continue;
      if (!marks.emplace(frame.cursor->epoch, frame.cursor->sequence).second) {
        return absl::StrCat("the mark ", Name(*frame.cursor), " came twice");
      }
    }
    return std::nullopt;
  });
}

Verdict CheckResumable(const History& history) { return OverStreams(history, CheckResume); }

Verdict CheckBookmarkable(const History& history, const Terms& terms) {
  const Halts halts(history);
  return OverStreams(history, [&](const StreamRecord& stream) -> Verdict {
    if (Verdict verdict = CheckBookmarks(stream)) return verdict;
    return CheckSilence(stream, halts, terms.sign_of_life + terms.grace);
  });
}

Verdict CheckBounded(const History& history) {
  for (const HistoryEntry& entry : history) {
    const auto* const stats = std::get_if<StatsTaken>(&entry.what);
    if (stats != nullptr && stats->journal_marks > stats->journal_capacity) {
      return absl::StrCat("the journal holds ", stats->journal_marks, " marks, its capacity is ",
                          stats->journal_capacity);
    }
  }
  return OverStreams(history, [](const StreamRecord& stream) -> Verdict {
    for (const Delivery& delivery : stream.deliveries) {
      if (delivery.number > delivery.granted) {
        return absl::StrCat("frame ", delivery.number, " came on ", delivery.granted, " credits");
      }
      const auto* const states = StatesOf(*delivery.frame);
      if (states != nullptr && (states->empty() || states->size() > kMaxFrameStates)) {
        return absl::StrCat("a frame holds ", states->size(), " states");
      }
    }
    return std::nullopt;
  });
}

}  // namespace hestia
