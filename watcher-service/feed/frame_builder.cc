#include "watcher-service/feed/frame_builder.h"

#include <string.h>
#include <sys/stat.h>

#include <string>
#include <utility>

#include <absl/strings/str_cat.h>

#include "common/logging.h"
#include "common/path_text.h"
#include "watcher-service/feed/beneath.h"
#include "watcher-service/feed/recent_directories.h"

namespace hestia {
namespace {

constexpr absl::Duration kListingBudget = absl::Milliseconds(500);
constexpr char kHistoryLost[] =
    "the watcher lost its view of the library meanwhile; a snapshot follows";

// Looks paths up beneath a root.
class StateReader {
 public:
  explicit StateReader(int root) : root_(root) {}

  ~StateReader() {
    // A line for all of a frame: a directory closed to us would else fill the log.
    if (refused_ == 0) return;
    LogWarning(absl::StrCat("cannot look at files that changed; a listing will tell them count=",
                            refused_, " first=", first_refusal_));
  }

  // None when the disk would not say.
  std::optional<FileState> Read(Mark mark, std::uint64_t told) {
    const std::string raw = DecodePathText(mark.path).value();
    struct stat status {};
    const int error = Look(raw, status);
    if (error != 0 && !MeansAbsent(error)) {
      if (++refused_ == 1) first_refusal_ = absl::StrCat(mark.path, " error=", strerror(error));
      return std::nullopt;
    }
    FileState state;
    if (error == 0 && S_ISREG(status.st_mode)) {
      state = PresentFile(std::move(mark.path), status);
      state.previous_path = std::move(mark.previous_path);
      state.rewritten = mark.rewritten_at > told;
    } else {
      state.path = std::move(mark.path);
      const bool directory_there = error == 0 && S_ISDIR(status.st_mode);
      state.subtree_absent = mark.subtree && !directory_there;
    }
    return state;
  }

  // Whether every state was read where its path says.
  bool AllInPlace() { return parents_.AllStillThere(root_); }

 private:
  int Look(const std::string& raw, struct stat& status) {
    const SplitPath split = SplitLast(raw);
    const RecentDirectories::Found parent = parents_.Open(root_, split.parent);
    if (parent.error != 0) return parent.error;
    return LookAt(parent.fd, std::string(split.name), status);
  }

  const int root_;
  RecentDirectories parents_{RecentDirectories::Moves::kNoticed};
  int refused_ = 0;
  std::string first_refusal_;
};

}  // namespace

FrameBuilder::FrameBuilder(LibraryFeed& feed, const IgnorePolicy& ignore,
                           std::optional<Cursor> cursor)
    : feed_(feed), ignore_(ignore), cursor_(cursor) {}

bool FrameBuilder::HasWork() const { return listing_.has_value() || feed_.HasWork(cursor_); }

std::optional<Frame> FrameBuilder::Next() {
  if (listing_.has_value()) return ContinueListing();
  LibraryFeed::Next next = feed_.Take(cursor_, moves_ == 0 ? kMaxFrameStates : 2);
  if (next.kind == LibraryFeed::Next::Kind::kNothing) return std::nullopt;
  absl::StatusOr<UniqueFd> root = next.root->Open();
  // The watcher will notice by itself; until it does, nothing can be said.
  if (!root.ok()) return std::nullopt;
  if (next.kind == LibraryFeed::Next::Kind::kSnapshot) {
    return BeginListing(next, *std::move(root), {"", next.reason, false}, next.head);
  }
  const Mark& first = next.marks.front();
  if (first.kind == Mark::Kind::kList) {
    return BeginListing(next, *std::move(root), {first.path, first.reason, first.shallow},
                        {next.head.epoch, first.sequence});
  }
  return StatesOf(std::move(next), *std::move(root));
}

Frame FrameBuilder::MakeBookmark() const {
  Frame frame;
  const Cursor head = feed_.head();
  // A cursor that was never given out has not been told; a snapshot replaces it.
  if (!listing_.has_value() && cursor_.has_value() && head.epoch == cursor_->epoch &&
      head.sequence >= cursor_->sequence) {
    frame.cursor = cursor_;
  }
  frame.content = Bookmark{feed_.writing()};
  return frame;
}

void FrameBuilder::Rest() {
  if (listing_.has_value()) listing_->Rest();
}

Frame FrameBuilder::BeginListing(const LibraryFeed::Next& next, UniqueFd root,
                                 const ListingBegin& listing, Cursor end) {
  feed_.CountListing();
  listing_root_ = next.root;
  feed_.BeginLook(listing.scope);
  listing_.emplace(std::move(root), listing.scope,
                   listing.shallow ? Listing::Depth::kShallow : Listing::Depth::kWhole, ignore_);
  feed_.EndLook(listing.scope);
  listing_end_ = end;
  return Frame{std::nullopt, listing};
}

std::optional<Frame> FrameBuilder::ContinueListing() {
  if (!feed_.Tells(listing_end_.epoch)) return EndListing(false, kHistoryLost, std::nullopt);
  if (listing_->resting()) {
    absl::StatusOr<UniqueFd> root = listing_root_->Open();
    // The watcher will notice by itself and shut the feed.
    if (!root.ok()) return std::nullopt;
    listing_->Resume(*std::move(root));
  }
  if (!feed_.MayEnter()) return std::nullopt;
  std::vector<FileState> files;
  feed_.BeginLook(listing_->scope());
  const bool more = listing_->Take(kListingBudget, *feed_.writing_files(), files);
  feed_.EndLook(listing_->scope());
  feed_.Entered(listing_->TakeEntered());
  if (!files.empty()) return Frame{std::nullopt, std::move(files)};
  if (more) return std::nullopt;
  // Asked once more at the end: what was read while the root went away proves nothing.
  if (!feed_.Tells(listing_end_.epoch)) return EndListing(false, kHistoryLost, std::nullopt);
  // One that came before a mark brings nobody further; the mark does.
  const bool further = cursor_ != listing_end_;
  cursor_ = listing_end_;
  return EndListing(listing_->complete(), listing_->problem(), further ? cursor_ : std::nullopt);
}

Frame FrameBuilder::EndListing(bool complete, std::string detail, std::optional<Cursor> cursor) {
  Frame frame;
  frame.cursor = cursor;
  frame.content = ListingEnd{listing_->scope(), complete, std::move(detail), listing_->file_count(),
                             listing_->unread()};
  listing_.reset();
  return frame;
}

// Where a directory is gone and something lies at its path by now, the path's state says nothing
// about what lay beneath. Mostly a mark of what came there has it listed; but that may have been
// replaced (two names exchanged: what came is told to have left) or forgotten.
bool FrameBuilder::NeedsListing(const FileState& state, std::uint64_t sequence) const {
  return !state.subtree_absent && sequence != listed_before_ &&
         !feed_.WillList(state.path, {cursor_->epoch, sequence});
}

std::optional<Frame> FrameBuilder::StatesOf(LibraryFeed::Next next, UniqueFd root) {
  StateReader reader(root.get());
  std::vector<FileState> states;
  states.reserve(next.marks.size());
  std::size_t path_bytes = 0;
  const std::uint64_t told = cursor_->sequence;
  Cursor reached = *cursor_;
  std::string left;  // the old name of the file before
  for (std::size_t i = 0; i < next.marks.size(); ++i) {
    Mark& mark = next.marks[i];
    if (mark.kind == Mark::Kind::kList) break;
    const std::size_t room = mark.previous_path.empty() ? 1 : 2;
    // A rename's two marks follow one another and stay in one frame.
    const bool second = mark.kind == Mark::Kind::kGone && !left.empty() && left == mark.path;
    // Where directories are on the move, one after the other comes through sooner.
    const bool full = i + room > kMaxFrameStates || moves_ > 0 ||
                      path_bytes + mark.path.size() > kMaxFramePathBytes / 2;
    if (i > 0 && !second && full) break;
    path_bytes += mark.path.size() + mark.previous_path.size();
    left = mark.previous_path;
    const std::uint64_t sequence = mark.sequence;
    const bool directory_gone = mark.subtree;
    std::optional<FileState> state = reader.Read(std::move(mark), told);
    if (state.has_value() && directory_gone && NeedsListing(*state, sequence)) {
      if (i > 0) break;
      listed_before_ = sequence;
      return BeginListing(next, std::move(root),
                          {state->path, ListingReason::kDirectoryArrived, false}, *cursor_);
    }
    reached = Cursor{next.head.epoch, sequence};
    if (state.has_value()) states.push_back(*std::move(state));
  }
  // Once more, and one by one, which leaves hardly any time to move a directory in.
  if (++moves_ <= kMostMoves && !reader.AllInPlace()) return std::nullopt;
  moves_ = 0;
  cursor_ = reached;
  if (states.empty()) return std::nullopt;
  return Frame{cursor_, std::move(states)};
}

}  // namespace hestia
