#include "thumbnail-service/renderer/picture/kept_scalers.h"

#include <algorithm>
#include <cstdint>
#include <list>
#include <optional>
#include <utility>

#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
// Told once: what a folder of mixed sizes brings between two of one size.
constexpr std::size_t kMostToldOnce = 64;
// What is prepared takes some milliseconds at most; thumbnails are no larger, and readers make
// no more for them.
constexpr std::size_t kMostPreparedBytes = std::size_t{1} << 19;
constexpr std::uint64_t kMostPixels = std::uint64_t{1} << 24;
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

const Scaler& Keep(Scaler scaler) {
  State& kept = Kept();
  kept.bytes += EstimatedBytes(scaler.scaling());
  while (kept.bytes > kKeptScalerBytes && !kept.scalers.empty()) {
    kept.bytes -= EstimatedBytes(kept.scalers.back().scaling());
    kept.scalers.pop_back();
  }
  return kept.scalers.emplace_front(std::move(scaler));
}

// Also false for what is not a number.
bool Within(double value, double least, double most) { return value >= least && value <= most; }

// Planes are no larger than what of them is shown, but for a part of a pixel; what is shown reaches
// beyond them by a pixel of the result at most.
bool IsSoundSide(std::uint32_t from, std::uint32_t to, double begin, double length) {
  constexpr double kMostReduced = 64;
  constexpr double kLeastShown = 0.05;
  if (from < 1 || from > kMostSidePx || to < 1 || to > 2 * from) return false;
  const double reduced = double{1} * from / to;
  return reduced <= kMostReduced && Within(begin, -reduced - 1, 0) &&
         Within(length, std::max(from - 1.0, kLeastShown), from + reduced + 1);
}

bool IsSound(const wire::Scaling& scaling) {
  return IsSoundSide(scaling.from_width_px, scaling.to_width_px, scaling.left, scaling.width) &&
         IsSoundSide(scaling.from_height_px, scaling.to_height_px, scaling.top, scaling.height) &&
         std::uint64_t{scaling.from_width_px} * scaling.from_height_px <= kMostPixels &&
         EstimatedBytes(scaling) <= kMostPreparedBytes;
}
}  // namespace

const Scaler& ScalerFor(const wire::Scaling& scaling) {
  if (const Scaler* scaler = Find(scaling); scaler != nullptr) return *scaler;
  std::vector<wire::Scaling>& made = Kept().made;
  if (made.size() < wire::kMaxScalings) made.push_back(scaling);
  wire::Outcome why = wire::Outcome::kNone;
  std::optional<Scaler> scaler = Scaler::Make(scaling, why);
  if (scaler.has_value()) return Keep(*std::move(scaler));
  if (why == wire::Outcome::kDecodeFailed) RefuseForZimg();
  Refuse(why, "scaling %u x %u to %u x %u pixels needs too much memory", scaling.from_width_px,
         scaling.from_height_px, scaling.to_width_px, scaling.to_height_px);
}

void ForgetScalingsMade() { Kept().made.clear(); }

std::span<const wire::Scaling> ScalingsMade() { return Kept().made; }

int PrepareWhatIsNeededAgain(std::span<const wire::Scaling> told) {
  State& kept = Kept();
  std::vector<wire::Scaling> again;
  std::vector<wire::Scaling> first;
  for (const wire::Scaling& scaling : told) {
    if (!IsSound(scaling) || Find(scaling) != nullptr) continue;
    (std::erase(kept.told_once, scaling) != 0 ? again : first).push_back(scaling);
  }
  for (const wire::Scaling& scaling : first) {
    kept.told_once.push_front(scaling);
    if (kept.told_once.size() > kMostToldOnce) kept.told_once.pop_back();
  }
  int prepared = 0;
  for (const wire::Scaling& scaling : again) {
    wire::Outcome why = wire::Outcome::kNone;
    std::optional<Scaler> scaler = Scaler::Make(scaling, why);
    if (!scaler.has_value()) continue;
    Keep(*std::move(scaler));
    ++prepared;
  }
  return prepared;
}

}  // namespace hestia
