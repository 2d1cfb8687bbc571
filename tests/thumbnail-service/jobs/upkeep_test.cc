#include "thumbnail-service/jobs/upkeep.h"

#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include <absl/synchronization/notification.h>
#include <gtest/gtest.h>

namespace hestia {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

// Has nothing to collect, and counts how often it is asked to: that is what a round begins with.
class EmptyRegistry final : public ReplicaRegistry {
 public:
  explicit EmptyRegistry(int& rounds) : rounds_(rounds) {}

  absl::StatusOr<BeatEffect> Beat(const WorkFigures&, int, const std::string&) override {
    return BeatEffect{};
  }
  absl::Status RenewLeases(absl::Duration) override { return absl::OkStatus(); }
  absl::StatusOr<int> CollectRemoved(absl::Duration) override {
    ++rounds_;
    return 0;
  }
  absl::Status Leave() override { return absl::OkStatus(); }
  absl::StatusOr<std::vector<RegisteredLibrary>> ReadLibraries() override { return Libraries(); }
  absl::StatusOr<std::vector<RegisteredLibrary>> RegisterLibraries(
      absl::Span<const WatchedLibrary>) override {
    return Libraries();
  }
  absl::StatusOr<std::optional<Lease>> TryLease(std::int64_t, absl::Duration) override {
    return std::optional<Lease>();
  }
  absl::Status ReleaseLease(const Lease&) override { return absl::OkStatus(); }

 private:
  using Libraries = std::vector<RegisteredLibrary>;
  int& rounds_;
};

class UnchangedRecipes final : public RecipeUpkeep {
 public:
  absl::StatusOr<std::int64_t> QueueLacking(std::int64_t) override { return 0; }
  absl::StatusOr<std::int64_t> CollectRetired() override { return 0; }
};

// Answers as told; asked once more, it says that nothing is left, and calls back.
class ToldVerdicts final : public VerdictUpkeep {
 public:
  ToldVerdicts(std::deque<absl::StatusOr<std::int64_t>> answers, std::function<void()> at_end)
      : answers_(std::move(answers)), at_end_(std::move(at_end)) {}

  absl::StatusOr<std::int64_t> ReleasePast(std::int64_t) override {
    if (answers_.empty()) {
      if (at_end_ != nullptr) std::exchange(at_end_, nullptr)();
      return 0;
    }
    const absl::StatusOr<std::int64_t> answer = answers_.front();
    answers_.pop_front();
    return answer;
  }

 private:
  std::deque<absl::StatusOr<std::int64_t>> answers_;
  std::function<void()> at_end_;
};

// In how many rounds there was nothing left; 0: there was all the time.
int RoundsUntilNothingIsLeft(std::deque<absl::StatusOr<std::int64_t>> answers) {
  int rounds = 0;  // both of the upkeep's thread, until it has notified
  int rounds_at_end = 0;
  absl::Notification ended;
  UnchangedRecipes recipes;
  Upkeep upkeep({.collect_every = absl::Milliseconds(1)}, std::make_unique<EmptyRegistry>(rounds),
                recipes, std::make_unique<ToldVerdicts>(std::move(answers), [&] {
                  rounds_at_end = rounds;
                  ended.Notify();
                }));
  return ended.WaitForNotificationWithTimeout(kPatience) ? rounds_at_end : 0;
}

TEST(UpkeepTest, VerdictsOfPastDecodersAreLiftedBatchByBatchUntilThereAreNone) {
  EXPECT_EQ(RoundsUntilNothingIsLeft({5000, 5000, 2}), 1);
}

TEST(UpkeepTest, VerdictsThatCouldNotBeLiftedAreTriedAgainInTheNextRound) {
  EXPECT_EQ(RoundsUntilNothingIsLeft({5000, absl::UnavailableError("away"), 2}), 2);
}

}  // namespace
}  // namespace hestia
