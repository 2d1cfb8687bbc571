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
constexpr int kDirectoriesPerStep = 64;
constexpr std::size_t kMaxToldWriting = 1024;
constexpr absl::Duration kRetryInterval = absl::Minutes(1);

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
      tree_(*reader_, options_.ignore),
      translator_(tree_, feed_, options_.ignore, options_.timing, options_.settle_capacity) {}

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
  if (walking_) return absl::ZeroDuration();
  absl::Duration next = std::min(translator_.NextDeadline(), next_root_check_);
  next = std::min(next, tickets_.NextDeadline(options_.timing));
  return std::max(absl::ZeroDuration(), next - now);
}

void LibraryWatch::Step(InotifyReader::Batch batch, absl::Duration now) {
  const Cursor before = feed_.head();
  if (batch.overflow && state_ != WatchState::kRootUnavailable) Recover();
  for (const RawEvent& event : batch.events) translator_.Handle(event, now);
  translator_.Step(now);
  if (walking_) WalkOn(now);
  const bool touched = translator_.TakeRootTouched();
  if (touched || tree_.root_lost() || now >= next_root_check_) CheckRoot(now);
  Maintain(now);
  PublishWriting();
  if (!(feed_.head() == before)) feed_.Publish();
}

void LibraryWatch::OpenRoot(absl::Duration now) {
  next_root_check_ = now + options_.root_check_interval;
  absl::StatusOr<RootDirectory> found = RootDirectory::Find(library_.root);
  if (!found.ok()) {
    was_lost_ = true;
    if (state_ == WatchState::kRootUnavailable) return;
    LogWarning(absl::StrCat("root unavailable library=", library_.name, " error=\"",
                            found.status().message(), "\""));
    state_ = WatchState::kRootUnavailable;
    return;
  }
  if (was_lost_) {
    feed_.LoseHistory(ListingReason::kRootReturned);
    LogInfo(absl::StrCat("root returned library=", library_.name));
  }
  root_ = std::make_shared<const RootDirectory>(*std::move(found));
  was_lost_ = false;
  next_reconcile_ = NextReconcile(now);
  next_retry_ = now + kRetryInterval;
  state_ = WatchState::kScanning;
  tree_.Start(root_);
  walking_ = true;
}

void LibraryWatch::CheckRoot(absl::Duration now) {
  if (state_ == WatchState::kRootUnavailable) return OpenRoot(now);
  next_root_check_ = now + options_.root_check_interval;
  if (tree_.root_lost() || !root_->Open().ok()) LoseRoot(now);
}

void LibraryWatch::LoseRoot(absl::Duration now) {
  LogWarning(absl::StrCat("root unavailable library=", library_.name, " root=\"",
                          EncodePathText(library_.root), "\""));
  feed_.Shut();
  translator_.ForgetDepartures();
  tree_.Stop();
  root_.reset();
  walking_ = false;
  was_lost_ = true;
  next_root_check_ = now + options_.root_check_interval;
  state_ = WatchState::kRootUnavailable;
}

void LibraryWatch::Recover() {
  LogWarning(absl::StrCat("event queue overflowed, walking anew library=", library_.name));
  feed_.LoseHistory(ListingReason::kOverflow);
  translator_.ForgetDepartures();
  tree_.WalkAgain();
  walking_ = true;
  state_ = WatchState::kScanning;
}

void LibraryWatch::WalkOn(absl::Duration now) {
  if (!tree_.Walk(kDirectoriesPerStep)) return;
  walking_ = false;
  if (tree_.root_lost()) return;
  if (state_ == WatchState::kScanning) {
    LogInfo(absl::StrCat("watching library=", library_.name, " directories=",
                         tree_.tree().watched(), " problems=", tree_.problem_count()));
    feed_.Open(root_);
  }
  next_retry_ = now + kRetryInterval;
  state_ = tree_.problem_count() > 0 ? WatchState::kDegraded : WatchState::kWatching;
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
  if (walk) {
    tree_.WalkAgain();
    walking_ = true;
  } else if (now >= next_retry_ && tree_.problem_count() > 0) {
    next_retry_ = now + kRetryInterval;
    for (const std::string& path : tree_.RetryProblems()) {
      feed_.List(path, ListingReason::kDirectoryArrived);
    }
  }
  if (!walking_) {
    state_ = tree_.problem_count() > 0 ? WatchState::kDegraded : WatchState::kWatching;
  }
}

void LibraryWatch::PublishStatus() {
  WatchStatus status;
  status.state = state_;
  status.problems = tree_.Problems(kMaxToldProblems);
  status.problem_count = static_cast<std::uint32_t>(tree_.problem_count());
  status.watched_directories = tree_.tree().watched();
  status.settling_files = translator_.settling().size();
  absl::MutexLock lock(&mu_);
  status_ = std::move(status);
  if (state_ != WatchState::kScanning) first_walk_done_ = true;
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
  if (!walking_) tickets_.Answer(flushed, translator_, feed_.head(), now);
}

absl::Duration LibraryWatch::NextReconcile(absl::Duration now) {
  if (options_.reconcile_interval <= absl::ZeroDuration()) return absl::InfiniteDuration();
  // Libraries begun together must not all list at one moment.
  return now + options_.reconcile_interval * absl::Uniform(random_, 0.9, 1.1);
}

}  // namespace hestia
