#include "thumbnail-service/rpc/wait_list.h"

#include <algorithm>
#include <utility>

#include <absl/time/clock.h>

#include "thumbnail-service/rpc/call_checks.h"

namespace hestia {
namespace {

// Progress comes by the hundred a second under load; one look at all waiters serves many.
constexpr absl::Duration kBetweenLooks = absl::Milliseconds(10);

// True when the waiter is done with.
bool Look(const Waiter& waiter, absl::Time now) {
  if (waiter.try_finish()) return true;
  if (waiter.cancelled()) {
    waiter.abandon(absl::CancelledError("the caller has gone"));
    return true;
  }
  if (now >= waiter.deadline) {
    waiter.abandon(absl::DeadlineExceededError("still in work; ask again"));
    return true;
  }
  return false;
}

}  // namespace

WaitList::WaitList(std::size_t capacity) : capacity_(capacity) {
  thread_ = NamedThread("wait", [this] { Run(); });
}

WaitList::~WaitList() { Stop(); }

bool WaitList::Add(Waiter waiter) {
  absl::MutexLock lock(&mu_);
  if (stopping_ || count_ >= capacity_) return false;
  ++count_;
  arrived_.push_back(std::move(waiter));
  poked_ = true;
  return true;
}

void WaitList::Poke() {
  absl::MutexLock lock(&mu_);
  poked_ = true;
}

void WaitList::Stop() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  thread_.Join();
}

void WaitList::Run() {
  std::vector<Waiter> waiters;
  bool stopping = false;
  while (!stopping) {
    {
      absl::MutexLock lock(&mu_);
      mu_.Await(absl::Condition(this, &WaitList::PokedLocked));
      poked_ = false;
      stopping = stopping_;
      std::move(arrived_.begin(), arrived_.end(), std::back_inserter(waiters));
      arrived_.clear();
    }
    if (stopping) break;
    const absl::Time now = absl::Now();
    std::erase_if(waiters, [&](const Waiter& waiter) { return Look(waiter, now); });
    absl::MutexLock lock(&mu_);
    count_ = waiters.size() + arrived_.size();
    mu_.AwaitWithTimeout(absl::Condition(&stopping_), kBetweenLooks);
  }
  for (const Waiter& waiter : waiters) waiter.abandon(Stopping());
}

}  // namespace hestia
