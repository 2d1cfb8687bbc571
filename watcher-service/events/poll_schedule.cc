#include "watcher-service/events/poll_schedule.h"

#include <algorithm>

namespace hestia {
namespace {
constexpr int kLeastRestPerRound = 10;  // pause to duration
constexpr int kBigTree = 30;            // interval to duration
constexpr int kMostQuietFactor = 8;
constexpr double kVariation = 0.1;
}  // namespace

void PollSchedule::Ended(absl::Duration began, absl::Duration now, bool found_changes,
                         double jitter) {
  const absl::Duration took = now - began;
  const bool grows = !found_changes && took * kBigTree >= interval_;
  quiet_factor_ = grows ? std::min(quiet_factor_ * 2, kMostQuietFactor) : 1;
  pause_ = std::max(interval_ * quiet_factor_, took * kLeastRestPerRound);
  last_round_ = took;
  next_ = now + pause_ * (1 + kVariation * jitter);
}

}  // namespace hestia
