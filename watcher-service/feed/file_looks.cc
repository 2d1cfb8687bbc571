#include "watcher-service/feed/file_looks.h"

#include <algorithm>
#include <system_error>

#include "common/monotonic_clock.h"
#include "watcher-service/feed/beneath.h"

namespace hestia {
namespace {
// Taken at a time: some 20 us where the kernel has them in memory.
constexpr std::size_t kShare = 16;
// Fewer are looked at sooner than a thread wakes up.
constexpr std::size_t kWorthSharing = 4 * kShare;
constexpr std::size_t kWorthAThread = 1000;
}  // namespace

FileLooks::~FileLooks() {
  absl::MutexLock lock(&mu_);
  ending_ = true;
}

std::size_t FileLooks::Look(int directory, absl::Span<const char* const> names,
                            absl::Duration deadline) {
  directory_ = directory;
  names_ = names;
  deadline_ = deadline;
  if (found_.size() < names.size()) found_.resize(names.size());
  taken_ = 0;
  const bool share = shared_ && names.size() >= kWorthSharing;
  if (share) {
    absl::MutexLock lock(&mu_);
    offered_ = true;
  }
  LookAtShare();
  if (share) {
    absl::MutexLock lock(&mu_);
    offered_ = false;
    const auto alone = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return !helping_; };
    mu_.Await(absl::Condition(&alone));
  }
  const std::size_t count = std::min<std::size_t>(taken_, names.size());
  looked_at_ += count;
  if (!shared_ && looked_at_ >= kWorthAThread) StartSecond();
  return count;
}

void FileLooks::StartSecond() {
  try {
    second_ = NamedThread("look", [this] { RunSecond(); });
    shared_ = true;
  } catch (const std::system_error&) {
    // As many threads as the machine or the container allows; it is asked again later.
    looked_at_ = 0;
  }
}

void FileLooks::RunSecond() {
  while (AwaitOffer()) {
    LookAtShare();
    absl::MutexLock lock(&mu_);
    helping_ = false;
  }
}

bool FileLooks::AwaitOffer() {
  absl::MutexLock lock(&mu_);
  const auto wanted = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return offered_ || ending_; };
  mu_.Await(absl::Condition(&wanted));
  if (ending_) return false;
  offered_ = false;
  helping_ = true;
  return true;
}

void FileLooks::LookAtShare() {
  while (taken_ == 0 || MonotonicNow() < deadline_) {
    const std::size_t begin = taken_.fetch_add(kShare);
    const std::size_t end = std::min(begin + kShare, names_.size());
    for (std::size_t i = begin; i < end; ++i) {
      found_[i].error = LookAt(directory_, names_[i], found_[i].status);
    }
    if (end == names_.size()) return;
  }
}

}  // namespace hestia
