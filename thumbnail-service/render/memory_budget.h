#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_MEMORY_BUDGET_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_MEMORY_BUDGET_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

namespace hestia {

// The memory that all renderers of a replica may use together. Each image has a share of it; one
// that needs more is rendered alone, with all of it, so that it waits instead of driving the
// machine out of memory and its neighbours with it.
//
// Thread-safety: every method from any thread. Blocking: Take, until it is granted; in the order
//   of asking, so that an image that wants all is not overtaken for ever.
// Memory: one entry for each waiting caller.
class MemoryBudget {
 public:
  // A share is `total_bytes` over `slots`, but no less than kLeastShareBytes: then fewer images
  // than there are slots are in work at a time.
  static constexpr std::int64_t kLeastShareBytes = std::int64_t{64} << 20;
  MemoryBudget(std::int64_t total_bytes, int slots);

  std::int64_t share_bytes() const { return share_bytes_; }
  std::int64_t total_bytes() const { return total_bytes_; }

  // What was granted, given back by the destructor. The budget outlives it.
  class Grant {
   public:
    Grant(MemoryBudget& budget, std::int64_t bytes) : budget_(&budget), bytes_(bytes) {}
    Grant(Grant&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
    Grant& operator=(Grant&&) = delete;
    ~Grant() {
      if (budget_ != nullptr) budget_->GiveBack(bytes_);
    }

   private:
    MemoryBudget* budget_;
    std::int64_t bytes_;
  };

  enum class Part { kShare, kAll };
  // nullopt when `cancelled` was set; whoever sets it calls Wake() afterwards.
  std::optional<Grant> Take(Part part, const std::atomic<bool>& cancelled)
      ABSL_LOCKS_EXCLUDED(mu_);
  void Wake() ABSL_LOCKS_EXCLUDED(mu_);

  // How many callers wait.
  int waiting() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Wish;
  void GiveBack(std::int64_t bytes) ABSL_LOCKS_EXCLUDED(mu_);

  const std::int64_t total_bytes_;
  const std::int64_t share_bytes_;
  mutable absl::Mutex mu_;
  std::int64_t used_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  std::deque<const Wish*> waiting_ ABSL_GUARDED_BY(mu_);  // at most one for each slot
};

// Three quarters of the memory that this process may have: of its control group's limit, or of
// the machine's memory where that is less.
std::int64_t UsualMemoryBudget();

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_MEMORY_BUDGET_H_
