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

absl::Status RootUnavailable(const LibraryRoot& library) {
  return WithReason(absl::FailedPreconditionError(
                        absl::StrCat("the root \"", EncodePathText(library.root), "\" of library ",
                                     library.name, " is not there; nothing is known about it")),
                    "ROOT_UNAVAILABLE");
}

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

LibraryWatch::~LibraryWatch() { Stop(absl::CancelledError("the library is no longer watched")); }

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
  if (status_.state == WatchState::kRootUnavailable) return RootUnavailable(library_);
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
  mu_.Await(absl::Condition(&known));
  return first_walk_done_;
}

void LibraryWatch::Stop(const absl::Status& why) {
  {
    absl::MutexLock lock(&mu_);
    if (stopped_.ok()) stopped_ = why;
  }
  feed_.Close(why);
  tree_.Abandon();
  reader_->Wake();
  thread_.Join();
}

void LibraryWatch::Run() {
  SetBusySince(MonotonicNow());
  OpenRoot(MonotonicNow());
  PublishStatus();
  while (true) {
    tree_.Rest();
    SetBusySince(absl::InfiniteDuration());
    InotifyReader::Batch batch = reader_->Take(Timeout(MonotonicNow()));
    const std::uint64_t flushed = batch.flushed;
    {
      absl::MutexLock lock(&mu_);
      if (!stopped_.ok()) break;
    }
    const absl::Duration now = MonotonicNow();
    SetBusySince(now);
    last_step_ = now;
    Step(std::move(batch), now);
    // First, so that whoever is answered finds the state the answer is about.
    PublishStatus();
    AnswerTickets(flushed, now);
  }
  absl::Status why;
  {
    absl::MutexLock lock(&mu_);
    why = stopped_;
  }
  tickets_.Fail(why);
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

void LibraryWatch::Step(InotifyReader::Batch batch, absl::Duration now) {
  const Cursor before = feed_.head();
  if (batch.overflow && state_ != WatchState::kRootUnavailable) Recover(now);
  for (RawEvent& event : batch.events) translator_.Handle(std::move(event), now);
  translator_.Step(now);
  MeetStrangers();
  if (walking_ || polling_) WalkOn(now);
  const bool touched = translator_.TakeRootTouched();
  if (touched || tree_.root_lost() || now >= next_root_check_) CheckRoot(now);
  CheckMounts();
  Maintain(now);
  PublishWriting();
  if (!(feed_.head() == before)) feed_.Publish();
}

void LibraryWatch::OpenRoot(absl::Duration now) {
  next_root_check_ = now + options_.root_check_interval;
  absl::StatusOr<RootDirectory> found = RootDirectory::Find(library_.root);
  if (found.ok() && last_root_ != nullptr && found->LooksLikeMountPointOf(*last_root_)) {
    found = absl::FailedPreconditionError(
        "an empty directory of another file system lies at the root's path; mount the library's "
        "again, or, if it is empty now, remove the library and add it anew");
  }
  if (!found.ok()) {
    was_lost_ = true;
    detail_ = std::string(found.status().message());
    if (state_ == WatchState::kRootUnavailable) return;
    LogWarning(absl::StrCat("root unavailable library=", library_.name, " error=\"", detail_,
                            "\""));
    state_ = WatchState::kRootUnavailable;
    return;
  }
  if (was_lost_) {
    feed_.LoseHistory(ListingReason::kRootReturned);
    LogInfo(absl::StrCat("root returned library=", library_.name));
  }
  root_ = std::make_shared<const RootDirectory>(*std::move(found));
  last_root_ = root_;
  was_lost_ = false;
  next_reconcile_ = NextReconcile(now);
  next_retry_ = now + kRetryInterval;
  state_ = WatchState::kScanning;
  TakeNewMode();
  mounts_.Remember(root_->real_path());
  tree_.Start(root_);
  BeginWalk(now);
}

void LibraryWatch::CheckRoot(absl::Duration now) {
  if (state_ == WatchState::kRootUnavailable) return OpenRoot(now);
  next_root_check_ = now + options_.root_check_interval;
  if (tree_.root_lost() || !root_->Open().ok()) LoseRoot(now);
}

// What lies at a mount point now is observed and listed as if it had just arrived.
void LibraryWatch::CheckMounts() {
  if (state_ == WatchState::kRootUnavailable) return;
  for (const std::string& path : mounts_.Changed()) {
    if (!tree_.ArriveAt(path).there) continue;
    feed_.List(EncodePathText(path), ListingReason::kMended);
  }
}

void LibraryWatch::LoseRoot(absl::Duration now) {
  LogWarning(absl::StrCat("root unavailable library=", library_.name, " root=\"",
                          EncodePathText(library_.root), "\""));
  feed_.Shut();
  translator_.ForgetDepartures();
  tree_.Stop();
  root_.reset();
  walking_ = false;
  polling_ = false;
  SetPolling(false);
  was_lost_ = true;
  next_root_check_ = now + options_.root_check_interval;
  detail_ = "the root was moved, replaced, unmounted or deleted";
  state_ = WatchState::kRootUnavailable;
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
    return tickets_.Fail(RootUnavailable(library_));
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
