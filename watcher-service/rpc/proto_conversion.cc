#include "watcher-service/rpc/proto_conversion.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/error_reason.h"
#include "common/path_text.h"

namespace hestia {
namespace {

void FillState(FileState state, watcher::v1::FileState& proto) {
  proto.set_path(std::move(state.path));
  proto.set_previous_path(std::move(state.previous_path));
  proto.set_present(state.present);
  proto.set_subtree_absent(state.subtree_absent);
  proto.set_rewritten(state.rewritten);
  proto.set_settling(state.settling);
  if (!state.present) return;
  proto.set_size_bytes(state.size_bytes);
  proto.set_inode(state.inode);
  const timespec time = absl::ToTimespec(state.modified_at);
  proto.mutable_modified_at()->set_seconds(time.tv_sec);
  proto.mutable_modified_at()->set_nanos(static_cast<std::int32_t>(time.tv_nsec));
}

// Both responses share these fields by name.
template <typename Response>
void FillFrame(Frame frame, Response& proto) {
  proto.Clear();
  if (frame.cursor.has_value()) ToProto(*frame.cursor, *proto.mutable_cursor());
  if (auto* const files = std::get_if<std::vector<FileState>>(&frame.content)) {
    for (FileState& state : *files) FillState(std::move(state), *proto.add_files());
  } else if (auto* const begin = std::get_if<ListingBegin>(&frame.content)) {
    proto.mutable_listing_begin()->set_scope(std::move(begin->scope));
    proto.mutable_listing_begin()->set_reason(
        static_cast<watcher::v1::ListingReason>(begin->reason));
    proto.mutable_listing_begin()->set_shallow(begin->shallow);
  } else if (auto* const end = std::get_if<ListingEnd>(&frame.content)) {
    proto.mutable_listing_end()->set_scope(std::move(end->scope));
    proto.mutable_listing_end()->set_complete(end->complete);
    proto.mutable_listing_end()->set_detail(std::move(end->detail));
    proto.mutable_listing_end()->set_file_count(end->file_count);
    for (std::string& path : end->unread) {
      proto.mutable_listing_end()->add_unread(std::move(path));
    }
  } else {
    proto.mutable_bookmark()->set_settling_files(std::get<Bookmark>(frame.content).settling_files);
  }
}

const char* ReasonText(ProblemReason reason) {
  switch (reason) {
    case ProblemReason::kUnreadable:
      return "UNREADABLE";
    case ProblemReason::kWatchLimit:
      return "WATCH_LIMIT";
    case ProblemReason::kSeenTwice:
      return "SEEN_TWICE";
    case ProblemReason::kPathTooLong:
      return "PATH_TOO_LONG";
  }
  return "";
}

const char* ReasonText(PollReason reason) {
  switch (reason) {
    case PollReason::kNoEvents:
      return "NO_EVENTS";
    case PollReason::kWatchLimit:
      return "WATCH_LIMIT";
    case PollReason::kSeenTwice:
      return "SEEN_TWICE";
    case PollReason::kForced:
      return "FORCED";
    case PollReason::kNotPolled:
      break;
  }
  return "";
}

void FillDuration(absl::Duration duration, google::protobuf::Duration& proto) {
  absl::Duration rest;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &rest));
  proto.set_nanos(static_cast<std::int32_t>(absl::ToInt64Nanoseconds(rest)));
}

void FillPolling(const WatchStatus& status, watcher::v1::Library& proto) {
  proto.set_mode(static_cast<watcher::v1::WatchMode>(status.mode));
  proto.set_forced_mode(static_cast<watcher::v1::WatchMode>(status.forced));
  proto.set_polled_directories(status.polled_directories);
  if (status.polled_directories == 0) return;
  for (const PolledPart& part : status.polled_parts) {
    watcher::v1::PolledPart* const told = proto.add_polled();
    told->set_path(part.path);
    told->set_reason(ReasonText(part.reason));
    told->set_file_system(FileSystemName(part.file_system));
  }
  FillDuration(status.poll_interval, *proto.mutable_poll_interval());
  if (status.last_poll.has_value()) {
    FillDuration(*status.last_poll, *proto.mutable_last_poll_duration());
  }
}

void FillLibrary(LibraryWatch& library, const WatchStatus& status,
                 const std::vector<std::string>& overlaps, watcher::v1::Library& proto) {
  proto.set_name(library.library().name);
  proto.set_root(EncodePathText(library.library().root));
  proto.set_state(static_cast<watcher::v1::LibraryState>(status.state));
  proto.set_state_detail(status.detail);
  for (const WatchProblem& problem : status.problems) {
    watcher::v1::Problem* const told = proto.add_problems();
    told->set_path(problem.path);
    told->set_detail(problem.detail);
    told->set_reason(ReasonText(problem.reason));
  }
  proto.set_problem_count(status.problem_count);
  proto.set_watched_directories(status.watched_directories);
  proto.set_configured(library.configured());
  ToProto(library.feed().head(), *proto.mutable_cursor());
  FillPolling(status, proto);
  proto.mutable_overlaps()->Assign(overlaps.begin(), overlaps.end());
}

}  // namespace

void ToProto(const Cursor& cursor, watcher::v1::Cursor& proto) {
  proto.set_epoch(cursor.epoch);
  proto.set_sequence(cursor.sequence);
}

Cursor FromProto(const watcher::v1::Cursor& proto) { return {proto.epoch(), proto.sequence()}; }

void ToProto(Frame frame, watcher::v1::WatchResponse& proto) { FillFrame(std::move(frame), proto); }

void ToProto(Frame frame, watcher::v1::SubscribeResponse& proto) {
  FillFrame(std::move(frame), proto);
}

void ToProto(LibraryWatch& library, const std::vector<std::string>& overlaps,
             watcher::v1::Library& proto) {
  FillLibrary(library, library.status(), overlaps, proto);
}

void ToProto(LibraryWatch& library, const std::vector<std::string>& overlaps,
             watcher::v1::LibraryStats& proto) {
  const WatchStatus status = library.status();
  FillLibrary(library, status, overlaps, *proto.mutable_library());
  const LibraryFeed::Stats stats = library.feed().stats();
  proto.set_events(library.event_count());
  proto.set_journal_marks(stats.marks);
  proto.set_journal_capacity(stats.capacity);
  proto.set_settling_files(status.settling_files);
  proto.set_overflows(stats.overflows);
  proto.set_listings(stats.listings);
  proto.set_polls(status.polls);
  proto.set_polls_with_changes(status.polls_with_changes);
}

absl::StatusOr<WatchMode> FromProto(watcher::v1::WatchMode mode) {
  switch (mode) {
    case watcher::v1::WATCH_MODE_UNSPECIFIED:
      return WatchMode::kAuto;
    case watcher::v1::WATCH_MODE_EVENTS:
      return WatchMode::kEvents;
    case watcher::v1::WATCH_MODE_POLL:
      return WatchMode::kPoll;
    default:
      return WithReason(
          absl::InvalidArgumentError(
              "mode can be EVENTS or POLL; leave it out to watch as the file systems allow"),
          "MODE_INVALID", "mode");
  }
}

}  // namespace hestia
