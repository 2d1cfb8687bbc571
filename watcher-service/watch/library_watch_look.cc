// How LibraryWatch looks through its directories, all of them or those that are polled, and tells
// what no event told.

#include <string>
#include <utility>

#include <absl/strings/str_cat.h>

#include "common/logging.h"
#include "common/monotonic_clock.h"
#include "common/path_text.h"
#include "watcher-service/watch/library_watch.h"

namespace hestia {
namespace {
constexpr int kDirectoriesPerStep = 64;
}  // namespace

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
  // Writes and closes may be among the events that were lost.
  translator_.LookAtWriting(now);
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

}  // namespace hestia
