#ifndef HESTIA_WATCHER_SERVICE_EVENTS_POLL_SCHEDULE_H_
#define HESTIA_WATCHER_SERVICE_EVENTS_POLL_SCHEDULE_H_

#include <optional>

#include <absl/time/time.h>

namespace hestia {

// When to look through what is polled next. The pause between two rounds is the interval, and
//   - at least ten times as long as the last round took, so that polling never keeps a disk or
//     a server more than a tenth of the time busy;
//   - doubled with every round that found nothing, up to eight times the interval, in trees that
//     take a thirtieth of the interval or longer to look through. The first change ends that.
// It varies by a tenth, so that libraries begun together do not all poll at one moment.
//
// Thread-safety: none. Time: passed in, on one clock.
class PollSchedule {
 public:
  explicit PollSchedule(absl::Duration interval) : interval_(interval) {}


  // A round that began at `began` ended. `jitter` is uniform in [-1, 1].
  void Ended(absl::Duration began, absl::Duration now, bool found_changes, double jitter);

  // When the next round is due.
  absl::Duration next() const { return next_; }
  // From the end of a round to the beginning of the next, without the variation.
  absl::Duration pause() const { return pause_; }
  // What the last round took; none before the first.
  std::optional<absl::Duration> last_round() const { return last_round_; }

 private:
  absl::Duration interval_;
  absl::Duration pause_ = interval_;
  absl::Duration next_ = absl::InfiniteDuration();
  std::optional<absl::Duration> last_round_;
  int quiet_factor_ = 1;
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_EVENTS_POLL_SCHEDULE_H_
