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
constexpr std::size_t kMaxToldProblems = 20;
constexpr std::size_t kMaxToldParts = 20;
constexpr int kDirectoriesPerStep = 64;
constexpr std::size_t kMaxToldWriting = 1024;
constexpr absl::Duration kRetryInterval = absl::Minutes(1);
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

WatchStatus LibraryWatch::status() const {
  absl::MutexLock lock(&mu_);
  return status_;
}

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
  OpenRoot(MonotonicNow());
  PublishStatus();
  while (true) {
    tree_.Rest();
    InotifyReader::Batch batch = reader_->Take(Timeout(MonotonicNow()));
    const std::uint64_t flushed = batch.flushed;
    {
      absl::MutexLock lock(&mu_);
      if (!stopped_.ok()) break;
    }
    const absl::Duration now = MonotonicNow();
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

void LibraryWatch::BeginWalk(absl::Duration now) {
  walking_ = true;
  polling_ = false;
  look_began_ = now;
  look_found_changes_ = false;
  ++rounds_.begun;
}

void LibraryWatch::BeginPollIfDue(absl::Duration now) {
  if (walking_ || polling_ || !rounds_.needed) return;
  if (now < schedule_.next() && !tickets_.WantsRound(rounds_)) return;
  tree_.Poll();
  polling_ = true;
  look_began_ = now;
  look_found_changes_ = false;
  ++rounds_.begun;
}

void LibraryWatch::WalkOn(absl::Duration now) {
  const bool done = tree_.Walk(kDirectoriesPerStep);
  TellNews(now);
  if (!done) return;
  rounds_.ended = rounds_.begun;
  const bool was_walk = std::exchange(walking_, false);
  if (std::exchange(polling_, false)) {
    ++polls_;
    if (look_found_changes_) ++polls_with_changes_;
  }
  // The clock is read anew: `now` is that of the last step's beginning.
  schedule_.Ended(look_began_, MonotonicNow(), look_found_changes_,
                  absl::Uniform(random_, -1.0, 1.0));
  if (tree_.root_lost()) return;
  TellStrangers();
  SetPolling(!tree_.tree().polled().empty());
  if (was_walk) WalkEnded(now);
}

void LibraryWatch::WalkEnded(absl::Duration now) {
  if (state_ == WatchState::kScanning) {
    LogInfo(absl::StrCat("watching library=", library_.name, " directories=",
                         tree_.tree().watched(), " polled=", tree_.tree().polled().size(),
                         " problems=", tree_.problems().size()));
    feed_.Open(root_);
  }
  next_retry_ = now + kRetryInterval;
  state_ = tree_.problems().size() > 0 ? WatchState::kDegraded : WatchState::kWatching;
}

// Files that may still be written are put down as such first, so that no listing takes them
// for finished ones.
void LibraryWatch::TellNews(absl::Duration now) {
  for (const SettleSet::Key& key : tree_.TakeRecentFiles()) translator_.Busy(key, now);
  PublishWriting();
  for (const TreeNews& news : tree_.TakeNews()) {
    look_found_changes_ = true;
    switch (news.kind) {
      case TreeNews::Kind::kFilesDiffer:
        feed_.List(news.path, ListingReason::kPolled, /*shallow=*/true);
        break;
      case TreeNews::Kind::kFound:
        feed_.List(news.path, ListingReason::kDirectoryArrived, /*shallow=*/true);
        break;
      case TreeNews::Kind::kDirectoryGone:
        feed_.Gone(news.path, /*directory=*/true);
        // What takes the name before this is told does not say that what lay beneath is gone; a
        // listing does.
        feed_.List(news.path, ListingReason::kPolled);
        break;
    }
  }
}

void LibraryWatch::SetPolling(bool needed) {
  if (std::exchange(rounds_.needed, needed) == needed) return;
  if (needed) return feed_.WantEntered([this] { reader_->Wake(); });
  feed_.WantEntered(nullptr);
  strangers_.clear();
}

void LibraryWatch::MeetStrangers() {
  for (std::string& path : feed_.TakeEntered()) {
    if (!tree_.Knows(DecodePathText(path).value())) strangers_.insert(std::move(path));
  }
}

// What came after one poll and went before the next: subscribers know its files, and no poll will
// ever find that it is gone.
void LibraryWatch::TellStrangers() {
  for (auto it = strangers_.begin(); it != strangers_.end();) {
    const std::string raw = DecodePathText(*it).value();
    if (!tree_.Knows(raw)) {
      if (tree_.DirectoryAt(raw)) {
        ++it;
        continue;
      }
      feed_.Gone(*it, /*directory=*/true);
      if (tree_.SomethingAt(raw)) feed_.List(*it, ListingReason::kPolled);
    }
    it = strangers_.erase(it);
  }
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

void LibraryWatch::PublishStatus() {
  WatchStatus status;
  status.state = state_;
  status.problems = tree_.problems().First(tree_.tree(), kMaxToldProblems);
  status.problem_count = static_cast<std::uint32_t>(tree_.problems().size());
  status.watched_directories = tree_.tree().watched();
  status.settling_files = translator_.settling().size();
  status.polled_directories = tree_.tree().polled().size();
  if (status.polled_directories > 0) {
    status.mode = status.watched_directories > 0 ? WatchMode::kHybrid : WatchMode::kPoll;
    status.poll_interval = schedule_.pause();
    status.last_poll = schedule_.last_round();
  }
  // Not with every step: the uppermost of many polled directories are searched for.
  if (told_parts_at_ != tree_.tree().changes()) {
    told_parts_at_ = tree_.tree().changes();
    polled_parts_ = tree_.PolledParts(kMaxToldParts);
  }
  status.polled_parts = polled_parts_;
  status.polls = polls_;
  if (last_root_ != nullptr) status.real_root = last_root_->real_path();
  status.polls_with_changes = polls_with_changes_;
  status.detail = DescribeState(status);
  absl::MutexLock lock(&mu_);
  status.forced = forced_;
  status_ = std::move(status);
  if (state_ != WatchState::kScanning) first_walk_done_ = true;
}

std::string LibraryWatch::DescribeState(const WatchStatus& status) const {
  switch (state_) {
    case WatchState::kScanning:
      return "directories are being looked through";
    case WatchState::kRootUnavailable:
      return detail_;
    case WatchState::kDegraded:
      return absl::StrCat(status.problem_count, " problems, see there");
    case WatchState::kWatching:
      break;
  }
  if (status.polled_directories == 0) return "";
  return absl::StrCat(status.polled_directories, " directories are polled every ",
                      absl::FormatDuration(status.poll_interval));
}

void LibraryWatch::PublishWriting() {
  if (translator_.writing_changes() == told_writing_) return;
  told_writing_ = translator_.writing_changes();
  feed_.SetWriting(static_cast<std::uint32_t>(translator_.settling().writing()),
                   translator_.Writing(kMaxToldWriting));
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
