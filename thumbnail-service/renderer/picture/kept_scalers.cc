#include "thumbnail-service/renderer/picture/kept_scalers.h"

#include <algorithm>
#include <list>

namespace hestia {
namespace {
// Told once: what a folder of mixed sizes brings between two of one size.
constexpr std::size_t kMostToldOnce = 64;
// What is prepared takes a millisecond or two at most; thumbnails are no larger.
constexpr std::size_t kMostPreparedBytes = std::size_t{1} << 19;
constexpr std::uint32_t kMostSidePx = 1 << 16;

struct State {
  std::list<Scaler> scalers;  // the last used first
  std::size_t bytes = 0;
  std::vector<wire::Scaling> made;
  std::list<wire::Scaling> told_once;  // the newest first
};

State& Kept() {
  static State& state = *new State;
  return state;
}

const Scaler* Find(const wire::Scaling& scaling) {
  std::list<Scaler>& scalers = Kept().scalers;
  const auto found = std::find_if(scalers.begin(), scalers.end(), [&](const Scaler& scaler) {
    return scaler.scaling() == scaling;
  });
  if (found == scalers.end()) return nullptr;
  scalers.splice(scalers.begin(), scalers, found);
  return &scalers.front();
}

const Scaler& Make(const wire::Scaling& scaling) {
  State& kept = Kept();
  kept.bytes += EstimatedBytes(scaling);
  while (kept.bytes > kKeptScalerBytes && !kept.scalers.empty()) {
    kept.bytes -= EstimatedBytes(kept.scalers.back().scaling());
    kept.scalers.pop_back();
  }
  return kept.scalers.emplace_front(scaling);
}

// Also false for what is not a number.
bool Within(double value, double least, double most) { return value >= least && value <= most; }

bool IsSoundSide(std::uint32_t from, std::uint32_t to, double begin, double length) {
  const double beyond = from * 0.1 + 1;
  return from >= 1 && from <= kMostSidePx && to >= 1 && to <= 2 * from &&
         Within(length, from * 0.5, from + beyond) && Within(begin, -beyond, 0);
}

bool IsSound(const wire::Scaling& scaling) {
  return IsSoundSide(scaling.from_width_px, scaling.to_width_px, scaling.left, scaling.width) &&
         IsSoundSide(scaling.from_height_px, scaling.to_height_px, scaling.top, scaling.height) &&
         EstimatedBytes(scaling) <= kMostPreparedBytes;
}
}  // namespace

const Scaler& ScalerFor(const wire::Scaling& scaling) {
  if (const Scaler* scaler = Find(scaling); scaler != nullptr) return *scaler;
  std::vector<wire::Scaling>& made = Kept().made;
  if (made.size() < wire::kMaxScalings) made.push_back(scaling);
  return Make(scaling);
}

void ForgetScalingsMade() { Kept().made.clear(); }

std::span<const wire::Scaling> ScalingsMade() { return Kept().made; }

void PrepareWhatIsNeededAgain(std::span<const wire::Scaling> told) {
  State& kept = Kept();
  for (const wire::Scaling& scaling : told) {
    if (!IsSound(scaling) || Find(scaling) != nullptr) continue;
    const auto before = std::find(kept.told_once.begin(), kept.told_once.end(), scaling);
    if (before != kept.told_once.end()) {
      kept.told_once.erase(before);
      Make(scaling);
      continue;
    }
    kept.told_once.push_front(scaling);
    if (kept.told_once.size() > kMostToldOnce) kept.told_once.pop_back();
  }
}

}  // namespace hestia
