#include "thumbnail-service/rpc/stats_broadcast.h"

#include <algorithm>
#include <utility>

#include "common/error_reason.h"
#include "common/grpc_status.h"
#include "common/monotonic_clock.h"

namespace hestia {

// One WatchStats call, from Watch() to OnDone(), where it deletes itself.
class StatsBroadcast::Stream final : public StatsBroadcast::Reactor {
 public:
  Stream(StatsBroadcast& owner, absl::Duration interval)
      : owner_(owner), interval_(interval), due_(MonotonicNow()) {}

  void OnWriteDone(bool ok) override ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    writing_ = false;
    if (!ok) EndLocked(absl::CancelledError("the caller has gone"));
  }
  void OnCancel() override { End(absl::CancelledError("cancelled by the caller")); }
  void OnDone() override {
    owner_.Unregister(this);
    delete this;
  }

  void End(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    EndLocked(status);
  }

  // Sends unless the previous message is still on its way: a slow reader skips beats.
  void Offer(const thumbnail::v1::GetStatsResponse& stats) ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    if (writing_ || ended_) return;
    *message_.mutable_stats() = stats;
    writing_ = true;
    StartWrite(&message_);
  }

  // Only under the owner's lock.
  absl::Duration due() const { return due_; }
  void Postpone(absl::Duration now) { due_ = std::max(due_ + interval_, now); }

 private:
  void EndLocked(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (std::exchange(ended_, true)) return;
    Finish(ToGrpc(status));
  }

  StatsBroadcast& owner_;
  const absl::Duration interval_;
  absl::Duration due_;
  absl::Mutex mu_;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  thumbnail::v1::WatchStatsResponse message_ ABSL_GUARDED_BY(mu_);
};

StatsBroadcast::StatsBroadcast(StatsSource& source, std::size_t capacity)
    : source_(source), capacity_(capacity) {
  thread_ = NamedThread("stats", [this] { Run(); });
}

StatsBroadcast::~StatsBroadcast() { Stop(); }

StatsBroadcast::Reactor* StatsBroadcast::Watch(absl::Duration interval) {
  auto* const stream = new Stream(*this, interval);
  Register(stream);
  return stream;
}

void StatsBroadcast::Register(Stream* stream) {
  absl::MutexLock lock(&mu_);
  if (stopping_) {
    stream->End(WithReason(absl::UnavailableError("the service is stopping"), "STOPPING"));
  } else if (streams_.size() >= capacity_) {
    stream->End(WithReason(absl::ResourceExhaustedError("too many WatchStats streams"), "BUSY"));
  } else {
    streams_.insert(stream);
    changed_ = true;
  }
}

void StatsBroadcast::Unregister(Stream* stream) {
  absl::MutexLock lock(&mu_);
  streams_.erase(stream);
}

void StatsBroadcast::Stop() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
    for (Stream* stream : streams_) {
      stream->End(WithReason(absl::UnavailableError("the service is stopping"), "STOPPING"));
    }
  }
  thread_.Join();
}

bool StatsBroadcast::DueLocked() const { return stopping_ || changed_; }

absl::Duration StatsBroadcast::UntilDueLocked() const {
  absl::Duration until = absl::InfiniteDuration();
  const absl::Duration now = MonotonicNow();
  for (const Stream* stream : streams_) until = std::min(until, stream->due() - now);
  return until;
}

void StatsBroadcast::Run() {
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      mu_.AwaitWithTimeout(absl::Condition(this, &StatsBroadcast::DueLocked), UntilDueLocked());
      if (stopping_) return;
      changed_ = false;
      if (UntilDueLocked() > absl::ZeroDuration()) continue;
    }
    // Not under the lock: it waits for the database.
    const absl::StatusOr<thumbnail::v1::GetStatsResponse> stats = source_.Read();
    absl::MutexLock lock(&mu_);
    const absl::Duration now = MonotonicNow();
    for (Stream* stream : streams_) {
      if (stream->due() > now) continue;
      stream->Postpone(now);
      // While the database is away there is nothing true to send; the beat is skipped.
      if (stats.ok()) stream->Offer(*stats);
    }
  }
}

}  // namespace hestia
