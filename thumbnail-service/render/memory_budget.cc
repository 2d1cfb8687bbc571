#include "thumbnail-service/render/memory_budget.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace hestia {
namespace {
// What the group of this process, as a container sees its own, may use; none without a limit.
std::optional<std::int64_t> GroupLimit() {
  for (const char* path :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::ifstream file(path);
    std::int64_t bytes = 0;
    if (file >> bytes && bytes > 0) return bytes;
  }
  return std::nullopt;
}
}  // namespace

// One caller that waits.
struct MemoryBudget::Wish {
  const MemoryBudget& budget;
  const std::atomic<bool>& cancelled;
  std::int64_t bytes;

  bool Over() const ABSL_SHARED_LOCKS_REQUIRED(budget.mu_) {
    return cancelled || (budget.waiting_.front() == this &&
                         budget.used_bytes_ + bytes <= budget.total_bytes_);
  }
};

MemoryBudget::MemoryBudget(std::int64_t total_bytes, int slots)
    : total_bytes_(std::max(total_bytes, kLeastShareBytes)),
      share_bytes_(std::max(total_bytes_ / std::max(slots, 1), kLeastShareBytes)) {}

std::optional<MemoryBudget::Grant> MemoryBudget::Take(Part part,
                                                      const std::atomic<bool>& cancelled) {
  const Wish wish{*this, cancelled, part == Part::kAll ? total_bytes_ : share_bytes_};
  absl::MutexLock lock(&mu_);
  waiting_.push_back(&wish);
  mu_.Await(absl::Condition(+[](const Wish* asked) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return asked->Over();
  }, &wish));
  waiting_.erase(std::find(waiting_.begin(), waiting_.end(), &wish));
  if (cancelled) return std::nullopt;
  used_bytes_ += wish.bytes;
  return Grant(*this, wish.bytes);
}

void MemoryBudget::Wake() {
  // Whoever waits looks again when the lock is let go.
  const absl::MutexLock lock(&mu_);
}

int MemoryBudget::waiting() const {
  const absl::MutexLock lock(&mu_);
  return static_cast<int>(waiting_.size());
}

void MemoryBudget::GiveBack(std::int64_t bytes) {
  const absl::MutexLock lock(&mu_);
  used_bytes_ -= bytes;
}

std::int64_t UsualMemoryBudget() {
  const std::int64_t machine = ::sysconf(_SC_PHYS_PAGES) * ::sysconf(_SC_PAGESIZE);
  return std::min(machine, GroupLimit().value_or(machine)) / 4 * 3;
}

}  // namespace hestia
