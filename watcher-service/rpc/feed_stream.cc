#include "watcher-service/rpc/feed_stream.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>

#include "common/error_reason.h"
#include "common/logging.h"
#include "common/monotonic_clock.h"

namespace hestia {
namespace {
// How long a Finish may queue behind data the peer does not read.
constexpr absl::Duration kFinishGrace = absl::Seconds(2);
// After a look that found nothing (a root just gone, an empty stretch of a listing).
constexpr absl::Duration kLookAgain = absl::Milliseconds(20);
}  // namespace

void FeedStream::Open(std::shared_ptr<LibraryWatch> library, std::optional<Cursor> cursor) {
  absl::MutexLock lock(&mu_);
  library_ = std::move(library);
  cursor_ = cursor;
  changed_ = true;
}

void FeedStream::Grant(std::uint32_t credits) {
  absl::MutexLock lock(&mu_);
  credits_ = std::min<std::uint64_t>(credits_ + credits, kMaxUnusedCredits);
  changed_ = true;
}

absl::Status FeedStream::Acknowledge(std::uint64_t frame_number) {
  absl::MutexLock lock(&mu_);
  if (frame_number > sent_) {
    return WithReason(
        absl::InvalidArgumentError(absl::StrCat(
            "frame ", frame_number, " is acknowledged but the last one sent is ", sent_)),
        "ACK_INVALID", "ack_frame_number");
  }
  if (frame_number > acked_) {
    acked_ = frame_number;
    last_progress_ = MonotonicNow();
    changed_ = true;
  }
  return absl::OkStatus();
}

void FeedStream::End(absl::Status why) {
  absl::MutexLock lock(&mu_);
  EndLocked(std::move(why));
}

void FeedStream::WriteDone(bool ok) {
  std::optional<Outgoing> next;
  {
    absl::MutexLock lock(&mu_);
    writing_ = false;
    changed_ = true;
    if (!ok) EndLocked(absl::CancelledError("the subscriber went away"));
    if (!end_.ok() || !ahead_.has_value()) return;
    next = BeginWriteLocked(*std::exchange(ahead_, std::nullopt));
    ++handing_over_;
  }
  // Here and not on the stream's thread, which looks at the disk for the frame after this one.
  sink_.Write(std::move(next->frame), next->number);
  absl::MutexLock lock(&mu_);
  --handing_over_;
}

void FeedStream::Done() {
  absl::MutexLock lock(&mu_);
  done_ = true;
}

void FeedStream::OnFeedNews() {
  absl::MutexLock lock(&mu_);
  changed_ = true;
}

void FeedStream::Run() {
  if (AwaitOpen()) Feed();
  absl::Status why;
  {
    absl::MutexLock lock(&mu_);
    // Nothing may be written after the end.
    const auto handed_over = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return handing_over_ == 0; };
    mu_.Await(absl::Condition(&handed_over));
    why = end_;
  }
  sink_.Finish(why);
  absl::MutexLock lock(&mu_);
  if (mu_.AwaitWithTimeout(absl::Condition(&done_), kFinishGrace)) return;
  // Under the lock, because the call is gone once Done() has returned.
  sink_.TryCancel();
  mu_.Await(absl::Condition(&done_));
}

bool FeedStream::AwaitOpen() {
  absl::MutexLock lock(&mu_);
  const auto known = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return library_ != nullptr || !end_.ok();
  };
  if (!mu_.AwaitWithTimeout(absl::Condition(&known), terms_.stall_timeout)) {
    EndLocked(WithReason(absl::InvalidArgumentError("the stream was never opened; send `open`"),
                         "OPEN_MISSING", "open"));
  }
  return end_.ok();
}

void FeedStream::Feed() {
  std::shared_ptr<LibraryWatch> library;
  std::optional<Cursor> cursor;
  {
    absl::MutexLock lock(&mu_);
    library = library_;
    cursor = cursor_;
    last_sent_ = last_progress_ = MonotonicNow();
  }
  FrameBuilder builder(library->feed(), library->ignore(), cursor);
  library->feed().AddListener(this);
  for (Turn turn = AwaitTurn(builder); turn != Turn::kEnd; turn = AwaitTurn(builder)) {
    // Nothing was taken for a whole interval: a listing may be waiting for credits.
    if (turn == Turn::kBookmark) builder.Rest();
    std::optional<Frame> frame =
        turn == Turn::kWork ? builder.Next() : std::optional<Frame>(builder.MakeBookmark());
    if (frame.has_value()) {
      Send(*std::move(frame));
    } else {
      absl::MutexLock lock(&mu_);
      not_before_ = MonotonicNow() + kLookAgain;
    }
  }
  library->feed().RemoveListener(this);
}

FeedStream::Turn FeedStream::AwaitTurn(const FrameBuilder& builder) {
  LibraryFeed* feed = nullptr;
  {
    absl::MutexLock lock(&mu_);
    feed = &library_->feed();
  }
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      changed_ = false;
    }
    // Asked without the lock: the feed's comes before this one.
    const absl::Status closed = feed->closed();
    const Outlook outlook{builder.HasWork(), builder.listing()};
    const absl::Duration now = MonotonicNow();
    absl::MutexLock lock(&mu_);
    if (!closed.ok()) EndLocked(closed);
    if (const std::optional<Turn> turn = TurnLocked(outlook, now)) return *turn;
    mu_.AwaitWithTimeout(absl::Condition(&changed_), NextLookLocked(outlook, now));
  }
}

std::optional<FeedStream::Turn> FeedStream::TurnLocked(const Outlook& outlook,
                                                       absl::Duration now) {
  if (end_.ok() && now >= StalledAtLocked()) {
    EndLocked(WithReason(
        absl::ResourceExhaustedError("the subscriber made no progress; come back with the last "
                                     "cursor"),
        "SUBSCRIBER_STALLED"));
    LogWarning(absl::StrCat("a stalled subscriber is cut off library=", library_->library().name,
                            " sent=", sent_, " acked=", acked_));
  }
  if (!end_.ok()) return Turn::kEnd;
  if (MayBuildLocked(outlook) && now >= not_before_) return Turn::kWork;
  if (!writing_ && now >= last_sent_ + terms_.bookmark_interval) return Turn::kBookmark;
  return std::nullopt;
}

bool FeedStream::MayBuildLocked(const Outlook& outlook) const {
  // One frame ahead is enough to keep both the disk and the network busy.
  if (writing_ && (!outlook.listing || ahead_.has_value())) return false;
  return outlook.work && (!terms_.credits || credits_ > 0);
}

absl::Duration FeedStream::NextLookLocked(const Outlook& outlook, absl::Duration now) const {
  absl::Duration next = StalledAtLocked();
  if (!writing_) next = std::min(next, last_sent_ + terms_.bookmark_interval);
  if (MayBuildLocked(outlook) && not_before_ > now) next = std::min(next, not_before_);
  return next - now;
}

absl::Duration FeedStream::StalledAtLocked() const {
  absl::Duration at = absl::InfiniteDuration();
  if (writing_) at = last_sent_ + terms_.stall_timeout;
  if (terms_.credits && sent_ > acked_) at = std::min(at, last_progress_ + terms_.stall_timeout);
  return at;
}

void FeedStream::Send(Frame frame) {
  std::optional<Outgoing> next;
  {
    absl::MutexLock lock(&mu_);
    if (writing_) {
      ahead_ = std::move(frame);
      return;
    }
    next = BeginWriteLocked(std::move(frame));
  }
  sink_.Write(std::move(next->frame), next->number);
}

FeedStream::Outgoing FeedStream::BeginWriteLocked(Frame frame) {
  writing_ = true;
  last_sent_ = MonotonicNow();
  if (frame.IsWork()) {
    if (sent_ == acked_) last_progress_ = last_sent_;
    ++sent_;
    if (terms_.credits) --credits_;
  }
  return {std::move(frame), sent_};
}

void FeedStream::EndLocked(absl::Status why) {
  if (end_.ok()) end_ = std::move(why);
  changed_ = true;
}

}  // namespace hestia
