#include "watcher-service/watch/library_watch.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>

#include "common/error_reason.h"
#include "common/logging.h"
#include "common/monotonic_clock.h"
#include "common/path_text.h"

namespace hestia {
namespace {
// Files of a burst come to rest one by one; those of one beat are told together.
constexpr absl::Duration kBeat = absl::Milliseconds(10);
// Between two questions whether every directory that listings looked into has been heard of.
constexpr absl::Duration kHearInterval = absl::Milliseconds(100);

// Rises from one process to the next, so that a later cursor never looks older.
std::uint64_t FirstSequence() {
  return static_cast<std::uint64_t>(absl::ToUnixMicros(absl::Now()));
}
}  // namespace

absl::StatusOr<std::shared_ptr<LibraryWatch>> LibraryWatch::Create(LibraryRoot library,
                                                                   bool configured,
                                                                   WatchOptions options) {
  absl::StatusOr<std::unique_ptr<InotifyReader>> reader =
      InotifyReader::Create(absl::StrCat("read-", library.name), options.event_capacity);
  if (!reader.ok()) return reader.status();
  std::shared_ptr<LibraryWatch> watch(
      new LibraryWatch(std::move(library), configured, std::move(options), *std::move(reader)));
  watch->thread_ = NamedThread(absl::StrCat("watch-", watch->library_.name),
                               [self = watch.get()] { self->Run(); });
  return watch;
}

LibraryWatch::LibraryWatch(LibraryRoot library, bool configured, WatchOptions options,
                           std::unique_ptr<InotifyReader> reader)
    : library_(std::move(library)),
      configured_(configured),
      options_(std::move(options)),
      feed_(options_.journal, FirstSequence()),
      reader_(std::move(reader)),
      forced_(options_.mode),
      tree_(*reader_, options_.ignore,
            {options_.mode, options_.timing.still, options_.sends_events}),
      translator_(tree_, feed_, options_.ignore, options_.timing, options_.settle_capacity),
      schedule_(options_.poll_interval) {}

LibraryWatch::~LibraryWatch() { End(absl::CancelledError("the library is no longer watched")); }

void LibraryWatch::Sync(SyncDone done) {
  absl::Status refused;
  {
    absl::MutexLock lock(&mu_);
    if (!stopped_.ok()) {
      refused = stopped_;
    } else if (!tickets_.Add(done, *reader_)) {
      refused = absl::ResourceExhaustedError("too many Syncs are waiting; try again");
    }
  }
  if (!refused.ok()) done(refused);
}

absl::StatusOr<Cursor> LibraryWatch::Rescan() {
  absl::MutexLock lock(&mu_);
  if (status_.state == WatchState::kRootUnavailable) return RootUnavailable();
  rescan_ = true;
  const Cursor cursor = feed_.List("", ListingReason::kRescan);
  feed_.Publish();
  reader_->Wake();
  return cursor;
}

void LibraryWatch::SetMode(WatchMode mode) {
  absl::MutexLock lock(&mu_);
  if (forced_ == mode) return;
  forced_ = mode;
  mode_changed_ = true;
  mode_known_ = false;
  reader_->Wake();
}

bool LibraryWatch::TakeNewMode() {
  absl::MutexLock lock(&mu_);
  if (!std::exchange(mode_changed_, false)) return false;
  tree_.SetMode(forced_);
  return true;
}

bool LibraryWatch::AwaitFirstWalk() {
  absl::MutexLock lock(&mu_);
  const auto known = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return first_walk_done_ || !stopped_.ok();
  };
  // Each step of a walk that goes on has all the patience.
  while (!known() && MonotonicNow() < HangsFromLocked()) {
    const absl::Duration left = HangsFromLocked() - MonotonicNow();
    mu_.AwaitWithTimeout(absl::Condition(&known), std::min(left, options_.disk_patience));
  }
  return first_walk_done_;
}

bool LibraryWatch::AwaitMode(absl::Duration patience) {
  absl::MutexLock lock(&mu_);
  const auto known = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return mode_known_ || !stopped_.ok();
  };
  return mu_.AwaitWithTimeout(absl::Condition(&known), patience);
}

void LibraryWatch::End(const absl::Status& why) {
  {
    absl::MutexLock lock(&mu_);
    if (stopped_.ok()) stopped_ = why;
  }
  feed_.Close(why);
  tree_.Abandon();
  reader_->Wake();
}

bool LibraryWatch::AwaitEnd(absl::Duration patience) {
  absl::MutexLock lock(&mu_);
  return mu_.AwaitWithTimeout(absl::Condition(&ended_), patience);
}

void LibraryWatch::Run() {
  SetBusySince(MonotonicNow());
  OpenRoot(MonotonicNow());
  PublishStatus();
  while (true) {
    tree_.Rest();
    SetBusySince(absl::InfiniteDuration());
    const EventBuffer::Batch batch = reader_->Take(Timeout(MonotonicNow()));
    {
      absl::MutexLock lock(&mu_);
      if (!stopped_.ok()) break;
    }
    const absl::Duration now = MonotonicNow();
    SetBusySince(now);
    last_step_ = now;
    Step(batch, now);
    // First, so that whoever is answered finds the state the answer is about.
    PublishStatus();
    AnswerTickets(batch.flushed, now);
  }
  absl::Status why;
  {
    absl::MutexLock lock(&mu_);
    why = stopped_;
  }
  tickets_.Fail(why);
  absl::MutexLock lock(&mu_);
  ended_ = true;
}

void LibraryWatch::SetBusySince(absl::Duration when) {
  absl::MutexLock lock(&mu_);
  busy_since_ = when;
}

absl::Duration LibraryWatch::Timeout(absl::Duration now) {
  if (walking_ || polling_) return absl::ZeroDuration();
  absl::Duration next = std::min(translator_.NextDeadline(), next_root_check_);
  if (rounds_.needed) next = std::min(next, schedule_.next());
  next = std::min(next, tickets_.NextDeadline(options_.timing, now));
  next = std::max(next, last_step_ + kBeat);
  return std::max(absl::ZeroDuration(), next - now);
}

void LibraryWatch::Step(const EventBuffer::Batch& batch, absl::Duration now) {
  const Cursor before = feed_.head();
  if (batch.overflow && state_ != WatchState::kRootUnavailable) Recover(now);
  batch.ForEach([&](const RawEvent& event) { translator_.Handle(event, now); });
  translator_.Step(now);
  HearOfLooks(batch.flushed, now);
  MeetStrangers();
  if (walking_ || polling_) WalkOn(now);
  const bool touched = translator_.TakeRootTouched();
  if (touched || tree_.root_lost() || now >= next_root_check_) CheckRoot(now);
  CheckMounts();
  Maintain(now);
  PublishWriting();
  if (!(feed_.head() == before)) feed_.Publish();
}

// A directory that a listing looks into may have been made so lately that the event about it still
// waits in the kernel's queue; once that was emptied everything that was there is known.
void LibraryWatch::HearOfLooks(std::uint64_t flushed, absl::Duration now) {
  if (hearing_flush_ != 0 && flushed >= hearing_flush_) {
    feed_.HeardOf(hearing_looks_);
    hearing_flush_ = 0;
  }
  const std::uint64_t looks = feed_.looks();
  if (hearing_flush_ != 0 || looks == hearing_looks_ || now < next_hearing_) return;
  next_hearing_ = now + kHearInterval;
  hearing_looks_ = looks;
  hearing_flush_ = reader_->RequestFlush();
}

void LibraryWatch::Recover(absl::Duration now) {
  LogWarning(absl::StrCat("event queue overflowed, walking anew library=", library_.name));
  feed_.LoseHistory(ListingReason::kOverflow);
  translator_.ForgetDepartures();
  tree_.WalkAgain();
  BeginWalk(now);
  state_ = WatchState::kScanning;
}

void LibraryWatch::Maintain(absl::Duration now) {
  if (state_ == WatchState::kRootUnavailable || walking_) return;
  bool walk = false;
  {
    absl::MutexLock lock(&mu_);
    walk = std::exchange(rescan_, false);
  }
  if (now >= next_reconcile_) {
    next_reconcile_ = NextReconcile(now);
    feed_.List("", ListingReason::kReconcile);
    walk = true;
  }
  if (TakeNewMode()) walk = true;
  if (tree_.DropContradictions()) {
    feed_.List("", ListingReason::kReconcile);
    walk = true;
  }
  if (walk) {
    tree_.WalkAgain();
    BeginWalk(now);
  } else if (now >= next_retry_ && tree_.problems().size() > 0) {
    next_retry_ = now + kRetryInterval;
    for (const std::string& path : tree_.RetryProblems()) {
      feed_.List(path, ListingReason::kMended);
    }
  }
  if (walking_) return;
  SetPolling(!tree_.tree().polled().empty());
  BeginPollIfDue(now);
  state_ = tree_.problems().size() > 0 ? WatchState::kDegraded : WatchState::kWatching;
}

void LibraryWatch::AnswerTickets(std::uint64_t flushed, absl::Duration now) {
  if (!tickets_.Any()) return;
  // Asked about a root that has just gone, the answer must not be "all is told".
  if (state_ != WatchState::kRootUnavailable && !root_->Open().ok()) {
    LoseRoot(now);
    PublishStatus();
  }
  if (state_ == WatchState::kRootUnavailable) {
    return tickets_.Fail(RootUnavailable());
  }
  // A walk under way may still meet what was done before the question.
  if (walking_) return;
  tickets_.Answer(flushed, rounds_, translator_, feed_.head(), now);
  BeginPollIfDue(now);
}

absl::Duration LibraryWatch::NextReconcile(absl::Duration now) {
  if (options_.reconcile_interval <= absl::ZeroDuration()) return absl::InfiniteDuration();
  // Libraries begun together must not all list at one moment.
  return now + options_.reconcile_interval * absl::Uniform(random_, 0.9, 1.1);
}

}  // namespace hestia
