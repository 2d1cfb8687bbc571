// How LibraryWatch finds its root and what is mounted beneath, and what it does when they change.

#include <utility>

#include <absl/strings/str_cat.h>

#include "common/error_reason.h"
#include "common/logging.h"
#include "common/path_text.h"
#include "watcher-service/watch/library_watch.h"

namespace hestia {

absl::Status LibraryWatch::RootUnavailable() const {
  return WithReason(absl::FailedPreconditionError(
                        absl::StrCat("the root \"", EncodePathText(library_.root), "\" of library ",
                                     library_.name, " is not there; nothing is known about it")),
                    "ROOT_UNAVAILABLE");
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

}  // namespace hestia
