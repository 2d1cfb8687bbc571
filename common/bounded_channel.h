#ifndef HESTIA_COMMON_BOUNDED_CHANNEL_H_
#define HESTIA_COMMON_BOUNDED_CHANNEL_H_

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

namespace hestia {

// What became of an item that was offered to a channel.
enum class PushResult { kAccepted, kFull, kClosed };

// A first-in-first-out queue of fixed capacity between threads. Its only jobs are to refuse
// work when full and to say clearly when the last item is gone.
//
// Thread-safety: every method may be called from any thread.
// Blocking: TryPush and Close never block; Push and the Pops do, until Close().
// Ownership: an item belongs to the caller until a push returns kAccepted, then to the
//   channel, then to whoever popped it.
// Lifetime: join every producer and consumer before destroying the channel.
// Memory: at most `capacity` items.
template <typename T>
class BoundedChannel {
 public:
  // `capacity` counts items and must be positive.
  explicit BoundedChannel(std::size_t capacity) : capacity_(capacity) {}

  BoundedChannel(const BoundedChannel&) = delete;
  BoundedChannel& operator=(const BoundedChannel&) = delete;

  // Safe inside a gRPC reaction. On kFull and kClosed `item` is untouched: the caller
  // decides whether to wait, merge or refuse.
  PushResult TryPush(T&& item) ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    if (closed_) return PushResult::kClosed;
    if (items_.size() >= capacity_) return PushResult::kFull;
    items_.push_back(std::move(item));
    return PushResult::kAccepted;
  }

  // Waits for room. Returns kAccepted or kClosed.
  PushResult Push(T&& item) ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(this, &BoundedChannel::RoomOrEndLocked));
    if (closed_) return PushResult::kClosed;
    items_.push_back(std::move(item));
    return PushResult::kAccepted;
  }

  // Waits for an item. Returns nullopt only when the channel is closed *and* drained, so a
  // consumer loop needs no other stop flag.
  std::optional<T> Pop() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(this, &BoundedChannel::ItemOrEndLocked));
    return TakeLocked();
  }

  // Waits for at least one item, then takes up to `max` that are there. Empty only when the
  // channel is closed and drained.
  std::vector<T> PopSome(std::size_t max) ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(this, &BoundedChannel::ItemOrEndLocked));
    return TakeSomeLocked(max);
  }

  // Like PopSome, but returns empty-handed after `timeout` as well; see closed().
  std::vector<T> PopSomeFor(std::size_t max, absl::Duration timeout) ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    mu_.AwaitWithTimeout(absl::Condition(this, &BoundedChannel::ItemOrEndLocked), timeout);
    return TakeSomeLocked(max);
  }

  // Refuses new items; queued ones can still be popped. Idempotent.
  void Close() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    closed_ = true;
  }

  bool closed() const ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    return closed_;
  }

  std::size_t size() const ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    return items_.size();
  }

 private:
  bool ItemOrEndLocked() const ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return closed_ || !items_.empty();
  }
  bool RoomOrEndLocked() const ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return closed_ || items_.size() < capacity_;
  }
  std::optional<T> TakeLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    return item;
  }
  std::vector<T> TakeSomeLocked(std::size_t max) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    std::vector<T> taken;
    while (taken.size() < max && !items_.empty()) taken.push_back(*TakeLocked());
    return taken;
  }

  const std::size_t capacity_;
  mutable absl::Mutex mu_;
  std::deque<T> items_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace hestia

#endif  // HESTIA_COMMON_BOUNDED_CHANNEL_H_
