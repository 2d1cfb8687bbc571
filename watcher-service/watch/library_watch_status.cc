// What LibraryWatch says of itself, and what is being written.

#include <string>
#include <utility>

#include <absl/strings/str_cat.h>

#include "common/monotonic_clock.h"
#include "watcher-service/watch/library_watch.h"

namespace hestia {
namespace {
constexpr std::size_t kMaxToldProblems = 20;
constexpr std::size_t kMaxToldParts = 20;
constexpr std::size_t kMaxToldWriting = 1024;
}  // namespace

bool LibraryWatch::Hangs() const {
  absl::MutexLock lock(&mu_);
  return MonotonicNow() >= HangsFromLocked();
}

WatchStatus LibraryWatch::status() const {
  absl::MutexLock lock(&mu_);
  WatchStatus status = status_;
  // What hangs cannot say so itself.
  const absl::Duration now = MonotonicNow();
  if (now >= HangsFromLocked() && status.state != WatchState::kRootUnavailable) {
    const absl::Duration busy = now - busy_since_;
    const bool reached = !status.real_root.empty();
    status.state = reached ? WatchState::kDegraded : WatchState::kRootUnavailable;
    status.detail = absl::StrCat(
        "the disk has not answered for ", absl::FormatDuration(absl::Trunc(busy, absl::Seconds(1))),
        "; changes are told when it does. A file server that hangs must be mended or unmounted");
  }
  return status;
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
  if (!walking_ && !mode_changed_) mode_known_ = true;
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

}  // namespace hestia
