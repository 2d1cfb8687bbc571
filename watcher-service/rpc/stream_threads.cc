#include "watcher-service/rpc/stream_threads.h"

#include <utility>

#include <absl/strings/str_cat.h>

#include "common/error_reason.h"

namespace hestia {

StreamThreads::StreamThreads(const std::string& name, int most, std::string reason,
                             std::string setting)
    : most_(most),
      reason_(std::move(reason)),
      setting_(std::move(setting)),
      threads_(name, most, static_cast<std::size_t>(most)) {}

absl::Status StreamThreads::Enter() {
  absl::MutexLock lock(&mu_);
  if (refusing_) return StoppingStatus();
  if (open_ >= most_) {
    return WithReason(
        absl::ResourceExhaustedError(absl::StrCat("already ", most_, " are open; close one, try ",
                                                  "again with backoff, or raise --", setting_)),
        reason_);
  }
  ++open_;
  return absl::OkStatus();
}

int StreamThreads::open() const {
  absl::MutexLock lock(&mu_);
  return open_;
}

void StreamThreads::Refuse() {
  absl::MutexLock lock(&mu_);
  refusing_ = true;
}

void StreamThreads::Leave() {
  absl::MutexLock lock(&mu_);
  --open_;
}

absl::Status StoppingStatus() {
  return WithReason(
      absl::UnavailableError("the watcher is stopping; retry with backoff and the last cursor"),
      "STOPPING");
}

}  // namespace hestia
