#include "tests/watcher-service/history/promises.h"

#include <array>
#include <utility>

namespace hestia {

std::vector<Violation> CheckAll(const History& history, const Terms& terms) {
  const std::array<std::pair<Promise, Verdict>, 9> verdicts = {{
      {Promise::kOrdered, CheckOrdered(history)},
      {Promise::kUnique, CheckUnique(history)},
      {Promise::kTrue, CheckTrue(history)},
      {Promise::kReliable, CheckReliable(history, terms)},
      {Promise::kResumable, CheckResumable(history)},
      {Promise::kBookmarkable, CheckBookmarkable(history, terms)},
      {Promise::kFresh, CheckFresh(history)},
      {Promise::kBounded, CheckBounded(history)},
      {Promise::kConverging, CheckConverging(history, terms)},
  }};
  std::vector<Violation> violations;
  for (const auto& [promise, verdict] : verdicts) {
    if (verdict.has_value()) violations.push_back({promise, *verdict});
  }
  return violations;
}

std::ostream& operator<<(std::ostream& out, Promise promise) {
  switch (promise) {
    case Promise::kOrdered:
      return out << "Ordered";
    case Promise::kUnique:
      return out << "Unique";
    case Promise::kTrue:
      return out << "True";
    case Promise::kReliable:
      return out << "Reliable";
    case Promise::kResumable:
      return out << "Resumable";
    case Promise::kBookmarkable:
      return out << "Bookmarkable";
    case Promise::kFresh:
      return out << "Fresh";
    case Promise::kBounded:
      return out << "Bounded";
    case Promise::kConverging:
      return out << "Converging";
  }
  return out;
}

std::ostream& operator<<(std::ostream& out, const Violation& violation) {
  return out << violation.promise << ": " << violation.sentence;
}

}  // namespace hestia
