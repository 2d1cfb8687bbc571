#include "watcher-service/feed/library_feed.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <absl/random/random.h>

#include "common/path_text.h"

namespace hestia {
namespace {
constexpr std::size_t kRememberedEpochs = 16;
// Each listing under way may add what it met at once.
constexpr std::size_t kMaxEntered = 4096;
constexpr std::size_t kMostScopes = 64;

std::uint64_t NewEpoch() {
  absl::BitGen random;
  // 0 would be indistinguishable from an unset field.
  return absl::Uniform<std::uint64_t>(absl::IntervalClosed, random, 1, UINT64_MAX);
}
}  // namespace

LibraryFeed::LibraryFeed(Journal::Limits limits, std::uint64_t start)
    : journal_(limits, start), epoch_(NewEpoch()) {}

void LibraryFeed::File(absl::string_view path, absl::string_view previous_path, bool rewritten) {
  absl::MutexLock lock(&mu_);
  // A listing that begins after this mark must not leave the file to a later one.
  if (!writing_files_->empty() && writing_files_->contains(path)) {
    auto others = std::make_shared<WritingFiles>(*writing_files_);
    others->erase(path);
    writing_files_ = std::move(others);
  }
  journal_.File(path, previous_path, rewritten);
}

void LibraryFeed::Gone(absl::string_view path, bool directory) {
  absl::MutexLock lock(&mu_);
  journal_.Gone(path, directory);
}

Cursor LibraryFeed::List(absl::string_view scope, ListingReason reason, bool shallow) {
  absl::MutexLock lock(&mu_);
  journal_.List(scope, reason, shallow);
  return {epoch_, journal_.head()};
}

void LibraryFeed::DirectoryArrived(absl::string_view path, bool has_files) {
  absl::MutexLock lock(&mu_);
  if (has_files || MayBeToldLocked(path) || journal_.HasGoneDirectory(path)) {
    journal_.List(path, ListingReason::kDirectoryArrived);
  }
}

void LibraryFeed::HeardOf(std::uint64_t looks) {
  absl::MutexLock lock(&mu_);
  std::erase_if(unheard_, [looks](const ScopeLooks& each) {
    return each.under_way == 0 && each.ended <= looks;
  });
}

// Past kMostScopes a look counts as one of everything.
void LibraryFeed::BeginLook(absl::string_view scope) {
  absl::MutexLock lock(&mu_);
  ScopeLooks* found = LooksOfLocked(scope);
  if (found == nullptr && unheard_.size() >= kMostScopes) found = LooksOfLocked(scope = "");
  if (found == nullptr) {
    unheard_.push_back({std::string(scope), 0, 0});
    found = &unheard_.back();
  }
  ++found->under_way;
}

void LibraryFeed::EndLook(absl::string_view scope) {
  absl::MutexLock lock(&mu_);
  ScopeLooks* found = LooksOfLocked(scope);
  if (found == nullptr || found->under_way == 0) found = LooksOfLocked("");
  --found->under_way;
  found->ended = ++looks_;
}

LibraryFeed::ScopeLooks* LibraryFeed::LooksOfLocked(absl::string_view scope) {
  const auto found = std::find_if(unheard_.begin(), unheard_.end(),
                                  [scope](const ScopeLooks& each) { return each.scope == scope; });
  return found == unheard_.end() ? nullptr : &*found;
}

bool LibraryFeed::MayBeToldLocked(absl::string_view directory) const {
  return std::any_of(unheard_.begin(), unheard_.end(), [directory](const ScopeLooks& each) {
    return each.scope == directory || IsBeneath(directory, each.scope);
  });
}

std::uint64_t LibraryFeed::looks() const {
  absl::MutexLock lock(&mu_);
  return looks_;
}

void LibraryFeed::LoseHistory(ListingReason why) {
  absl::MutexLock lock(&mu_);
  past_.push_back({epoch_, why});
  if (past_.size() > kRememberedEpochs) past_.pop_front();
  if (why == ListingReason::kOverflow) ++overflows_;
  epoch_ = NewEpoch();
  journal_.Clear();
  root_.reset();
  NotifyLocked();
}

void LibraryFeed::Open(std::shared_ptr<const RootDirectory> root) {
  absl::MutexLock lock(&mu_);
  root_ = std::move(root);
  NotifyLocked();
}

void LibraryFeed::Shut() {
  absl::MutexLock lock(&mu_);
  root_.reset();
  NotifyLocked();
}

void LibraryFeed::Publish() {
  absl::MutexLock lock(&mu_);
  NotifyLocked();
}

void LibraryFeed::Close(absl::Status why) {
  absl::MutexLock lock(&mu_);
  if (!closed_.ok()) return;
  closed_ = std::move(why);
  NotifyLocked();
}

LibraryFeed::Next LibraryFeed::Take(const std::optional<Cursor>& cursor, std::size_t max_marks) {
  absl::MutexLock lock(&mu_);
  Next next;
  next.head = {epoch_, journal_.head()};
  if (root_ == nullptr) return next;
  if (const std::optional<ListingReason> reason = SnapshotReasonLocked(cursor)) {
    next.kind = Next::Kind::kSnapshot;
    next.reason = *reason;
  } else {
    next.marks = journal_.After(cursor->sequence, max_marks);
    if (next.marks.empty()) return next;
    next.kind = Next::Kind::kMarks;
  }
  next.root = root_;
  return next;
}

bool LibraryFeed::HasWork(const std::optional<Cursor>& cursor) const {
  absl::MutexLock lock(&mu_);
  if (root_ == nullptr) return false;
  return SnapshotReasonLocked(cursor).has_value() || cursor->sequence < journal_.head();
}

bool LibraryFeed::WillList(absl::string_view scope, const Cursor& cursor) const {
  absl::MutexLock lock(&mu_);
  return SnapshotReasonLocked(cursor).has_value() || journal_.ListsAfter(scope, cursor.sequence);
}

bool LibraryFeed::Tells(std::uint64_t epoch) const {
  absl::MutexLock lock(&mu_);
  return root_ != nullptr && epoch == epoch_;
}

absl::Status LibraryFeed::closed() const {
  absl::MutexLock lock(&mu_);
  return closed_;
}

Cursor LibraryFeed::head() const {
  absl::MutexLock lock(&mu_);
  return {epoch_, journal_.head()};
}

void LibraryFeed::WantEntered(std::function<void()> wake) {
  absl::MutexLock lock(&mu_);
  entered_wake_ = std::move(wake);
  if (entered_wake_ == nullptr) entered_.clear();
}

std::vector<std::string> LibraryFeed::TakeEntered() {
  absl::MutexLock lock(&mu_);
  return std::exchange(entered_, {});
}

bool LibraryFeed::MayEnter() const {
  absl::MutexLock lock(&mu_);
  return entered_.size() < kMaxEntered;
}

void LibraryFeed::Entered(std::vector<std::string> paths) {
  absl::MutexLock lock(&mu_);
  if (paths.empty() || entered_wake_ == nullptr) return;
  std::move(paths.begin(), paths.end(), std::back_inserter(entered_));
  entered_wake_();
}

std::shared_ptr<const RootDirectory> LibraryFeed::root() const {
  absl::MutexLock lock(&mu_);
  return root_;
}

void LibraryFeed::AddListener(FeedListener* listener) {
  absl::MutexLock lock(&mu_);
  listeners_.insert(listener);
}

void LibraryFeed::RemoveListener(FeedListener* listener) {
  absl::MutexLock lock(&mu_);
  listeners_.erase(listener);
}

LibraryFeed::Stats LibraryFeed::stats() const {
  absl::MutexLock lock(&mu_);
  return {journal_.size(), journal_.capacity(), overflows_, listings_};
}

void LibraryFeed::CountListing() {
  absl::MutexLock lock(&mu_);
  ++listings_;
}

void LibraryFeed::SetWriting(std::uint32_t count, std::shared_ptr<const WritingFiles> files) {
  absl::MutexLock lock(&mu_);
  writing_ = count;
  writing_files_ = std::move(files);
}

std::shared_ptr<const WritingFiles> LibraryFeed::writing_files() const {
  absl::MutexLock lock(&mu_);
  return writing_files_;
}

std::uint32_t LibraryFeed::writing() const {
  absl::MutexLock lock(&mu_);
  return writing_;
}

std::optional<ListingReason> LibraryFeed::SnapshotReasonLocked(
    const std::optional<Cursor>& cursor) const {
  if (!cursor.has_value()) return ListingReason::kFirstContact;
  if (cursor->epoch == epoch_) {
    if (journal_.Covers(cursor->sequence)) return std::nullopt;
    // A sequence of the future was never given out by this process.
    return cursor->sequence > journal_.head() ? ListingReason::kEpochUnknown
                                              : ListingReason::kJournalFull;
  }
  for (const PastEpoch& past : past_) {
    if (past.epoch == cursor->epoch) return past.ended_by;
  }
  return ListingReason::kEpochUnknown;
}

void LibraryFeed::NotifyLocked() {
  for (FeedListener* const listener : listeners_) listener->OnFeedNews();
}

}  // namespace hestia
