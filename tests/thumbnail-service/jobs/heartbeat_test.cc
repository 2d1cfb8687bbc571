#include "thumbnail-service/jobs/heartbeat.h"

#include <absl/synchronization/mutex.h>
#include <gtest/gtest.h>

#include "common/monotonic_clock.h"

namespace hestia {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

// A database that takes beats, or does not.
class FakeRegistry final : public ReplicaRegistry {
 public:
  explicit FakeRegistry(std::function<absl::StatusOr<BeatEffect>()> beat)
      : beat_(std::move(beat)) {}

  absl::StatusOr<BeatEffect> Beat(const WorkFigures&, int, const std::string&) override {
    return beat_();
  }
  absl::Status RenewLeases(absl::Duration) override { return absl::OkStatus(); }
  absl::StatusOr<int> CollectRemoved(absl::Duration) override { return 0; }
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
  const std::function<absl::StatusOr<BeatEffect>()> beat_;
};

class HeartbeatTest : public testing::Test {
 protected:
  void Start() {
    heartbeat_ = std::make_unique<Heartbeat>(
        Heartbeat::Options{.beat = absl::Milliseconds(1), .valid_for = absl::Hours(1)},
        std::make_unique<FakeRegistry>([this] {
          absl::MutexLock lock(&mu_);
          return answer_;
        }),
        counters_, fence_, [] { return std::string(); },
        [this](bool alive) {
          absl::MutexLock lock(&mu_);
          ++beats_;
          serving_ = alive;
        },
        [this] {
          absl::MutexLock lock(&mu_);
          ++told_outdated_;
        });
  }
  void Answer(absl::StatusOr<BeatEffect> answer) {
    absl::MutexLock lock(&mu_);
    answer_ = std::move(answer);
  }
  // Until a beat that began after the call has ended.
  void AwaitBeat() {
    absl::MutexLock lock(&mu_);
    const int until = beats_ + 2;
    const auto come = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return beats_ >= until; };
    ASSERT_TRUE(mu_.AwaitWithTimeout(absl::Condition(&come), kPatience));
  }
  bool FenceIsOpen() { return fence_.IsOpen(MonotonicNow()); }

  absl::Mutex mu_;
  absl::StatusOr<BeatEffect> answer_ ABSL_GUARDED_BY(mu_) = BeatEffect{};
  int beats_ ABSL_GUARDED_BY(mu_) = 0;
  bool serving_ ABSL_GUARDED_BY(mu_) = false;
  int told_outdated_ ABSL_GUARDED_BY(mu_) = 0;
  WorkCounters counters_;
  Fence fence_;
  std::unique_ptr<Heartbeat> heartbeat_;
};

TEST_F(HeartbeatTest, AReplicaThatANewerReleaseReplacedWorksNoMoreAndIsToldSoOnce) {
  Start();
  AwaitBeat();
  Answer(BeatEffect{.newer_schema = 9999});
  AwaitBeat();
  AwaitBeat();
  EXPECT_FALSE(FenceIsOpen());
  absl::MutexLock lock(&mu_);
  EXPECT_FALSE(serving_);
  EXPECT_EQ(told_outdated_, 1);
}

TEST_F(HeartbeatTest, TheFenceIsOpenWhileBeatsAreTaken) {
  EXPECT_FALSE(FenceIsOpen());
  Start();
  AwaitBeat();
  EXPECT_TRUE(FenceIsOpen());
  heartbeat_->Stop();
  EXPECT_FALSE(FenceIsOpen());
}

TEST_F(HeartbeatTest, ALostSessionClosesTheFenceUntilTheReplicaIsRegisteredAnew) {
  Start();
  AwaitBeat();
  Answer(absl::UnavailableError("connection lost"));
  AwaitBeat();
  EXPECT_FALSE(FenceIsOpen());
  Answer(BeatEffect{.inserted = true});
  AwaitBeat();
  EXPECT_TRUE(FenceIsOpen());
}

TEST(FenceTest, ABeatHoldsOnlySoLong) {
  Fence fence;
  fence.OpenUntil(absl::Seconds(105));
  EXPECT_TRUE(fence.IsOpen(absl::Seconds(104)));
  EXPECT_FALSE(fence.IsOpen(absl::Seconds(105))) << "a replica that was stopped fences itself";
}

}  // namespace
}  // namespace hestia
