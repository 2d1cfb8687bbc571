#include "watcher-service/events/rename_pairing.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace hestia {

std::optional<RenamePairing::Departure> RenamePairing::Leave(Departure departure) {
  departures_.push_back(std::move(departure));
  if (departures_.size() <= capacity_) return std::nullopt;
  Departure oldest = std::move(departures_.front());
  departures_.pop_front();
  return oldest;
}

std::optional<RenamePairing::Departure> RenamePairing::Arrive(std::uint32_t cookie) {
  // From the back: the kernel tells the halves one after the other.
  const auto found =
      std::find_if(departures_.rbegin(), departures_.rend(),
                   [&](const Departure& departure) { return departure.cookie == cookie; });
  if (found == departures_.rend()) return std::nullopt;
  Departure departure = std::move(*found);
  departures_.erase(std::next(found).base());
  return departure;
}

std::vector<RenamePairing::Departure> RenamePairing::Expire(absl::Duration now) {
  std::vector<Departure> expired;
  while (!departures_.empty() && NextDeadline() <= now) {
    expired.push_back(std::move(departures_.front()));
    departures_.pop_front();
  }
  return expired;
}

absl::Duration RenamePairing::NextDeadline() const {
  return departures_.empty() ? absl::InfiniteDuration() : departures_.front().left_at + patience_;
}

bool RenamePairing::WaitingSince(absl::Duration then) const {
  return !departures_.empty() && departures_.front().left_at <= then;
}

}  // namespace hestia
