#include "tests/watcher-service/history/describe.h"

#include <variant>

#include <absl/strings/str_cat.h>

namespace hestia {
namespace {

std::string Text(const std::optional<FileFact>& file) {
  if (!file.has_value()) return "none";
  return absl::StrCat(file->size_bytes, "b#", file->inode, "@",
                      absl::FormatTime("%S.%E6f", file->modified_at, absl::UTCTimeZone()));
}

std::string Text(const std::optional<Cursor>& cursor) {
  if (!cursor.has_value()) return "-";
  return absl::StrCat(cursor->epoch % 1000, ":", cursor->sequence);
}

// What each kind of entry and of frame says.
struct Line {
  std::string operator()(const DiskStep& step) const {
    std::string text = absl::StrCat("disk", step.root_changed ? " ROOT" : "",
                                    step.unobserved ? " unobserved" : "");
    for (const auto& [path, file] : step.changed) absl::StrAppend(&text, " ", path, "=", Text(file));
    for (const std::uint64_t inode : step.closed) absl::StrAppend(&text, " closed #", inode);
    return text;
  }
  std::string operator()(const StreamOpened& opened) const {
    return absl::StrCat("stream ", opened.stream, " opened by ", opened.subscriber, " with ",
                        Text(opened.cursor));
  }
  std::string operator()(const CreditsGranted& granted) const {
    return absl::StrCat("stream ", granted.stream, " grants ", granted.credits);
  }
  std::string operator()(const FrameAcknowledged& acked) const {
    return absl::StrCat("stream ", acked.stream, " acknowledges ", acked.number);
  }
  std::string operator()(const FrameReceived& received) const {
    return absl::StrCat("stream ", received.stream, " frame ", received.number, " cursor ",
                        Text(received.frame.cursor), ": ",
                        std::visit(*this, received.frame.content));
  }
  std::string operator()(const StreamEnded& ended) const {
    return absl::StrCat("stream ", ended.stream, " ended");
  }
  std::string operator()(const WatcherHalted& /*halted*/) const { return "watcher halted"; }
  std::string operator()(const WatcherRuns& /*runs*/) const { return "watcher runs"; }
  std::string operator()(const Synced& synced) const {
    return absl::StrCat("synced ", Text(synced.cursor));
  }
  std::string operator()(const StatsTaken& stats) const {
    return absl::StrCat("journal ", stats.journal_marks, "/", stats.journal_capacity);
  }
  std::string operator()(const std::vector<FileState>& states) const {
    std::string text = "files";
    for (const FileState& state : states) {
      absl::StrAppend(&text, " ", state.path, "=");
      if (state.present) {
        absl::StrAppend(&text, Text(FileFact{state.size_bytes, state.modified_at, state.inode}));
      } else {
        absl::StrAppend(&text, "none");
      }
      if (!state.previous_path.empty()) absl::StrAppend(&text, " from ", state.previous_path);
      absl::StrAppend(&text, state.subtree_absent ? " subtree" : "",
                      state.rewritten ? " rewritten" : "", state.settling ? " settling" : "");
    }
    return text;
  }
  std::string operator()(const ListingBegin& begin) const {
    return absl::StrCat("listing of \"", begin.scope, "\"", begin.shallow ? " shallow" : "",
                        " reason ", static_cast<int>(begin.reason));
  }
  std::string operator()(const ListingEnd& end) const {
    return absl::StrCat("end of \"", end.scope, "\" ", end.file_count,
                        end.complete ? " complete" : " incomplete ", end.detail);
  }
  std::string operator()(const Bookmark& bookmark) const {
    return absl::StrCat("bookmark settling ", bookmark.settling_files);
  }
};

}  // namespace

std::string Describe(const History& history) {
  std::string text;
  for (const HistoryEntry& entry : history) {
    absl::StrAppend(&text, absl::ToInt64Microseconds(entry.at - history.front().at), " ",
                    std::visit(Line(), entry.what), "\n");
  }
  return text;
}

}  // namespace hestia
