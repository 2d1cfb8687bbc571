#include "watcher-service/rpc/proto_conversion.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

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

void FillLibrary(LibraryWatch& library, const WatchStatus& status, watcher::v1::Library& proto) {
  proto.set_name(library.library().name);
  proto.set_root(EncodePathText(library.library().root));
  proto.set_state(static_cast<watcher::v1::LibraryState>(status.state));
  for (const WatchProblem& problem : status.problems) {
    watcher::v1::Problem* const told = proto.add_problems();
    told->set_path(problem.path);
    told->set_detail(problem.detail);
  }
  proto.set_problem_count(status.problem_count);
  proto.set_watched_directories(status.watched_directories);
  proto.set_configured(library.configured());
  ToProto(library.feed().head(), *proto.mutable_cursor());
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

void ToProto(LibraryWatch& library, watcher::v1::Library& proto) {
  FillLibrary(library, library.status(), proto);
}

void ToProto(LibraryWatch& library, watcher::v1::LibraryStats& proto) {
  const WatchStatus status = library.status();
  FillLibrary(library, status, *proto.mutable_library());
  const LibraryFeed::Stats stats = library.feed().stats();
  proto.set_events(library.event_count());
  proto.set_journal_marks(stats.marks);
  proto.set_journal_capacity(stats.capacity);
  proto.set_settling_files(status.settling_files);
  proto.set_overflows(stats.overflows);
  proto.set_listings(stats.listings);
}

}  // namespace hestia
