#include "common/backoff.h"

#include <absl/random/random.h>
#include <gtest/gtest.h>

namespace hestia {
namespace {

TEST(BackoffTest, CeilingDoublesWithEveryFailureUpToTheCap) {
  const Backoff backoff{.base = absl::Seconds(1), .cap = absl::Seconds(10)};
  EXPECT_EQ(backoff.Ceiling(0), absl::Seconds(1));
  EXPECT_EQ(backoff.Ceiling(1), absl::Seconds(2));
  EXPECT_EQ(backoff.Ceiling(3), absl::Seconds(8));
  EXPECT_EQ(backoff.Ceiling(4), absl::Seconds(10));
  EXPECT_EQ(backoff.Ceiling(1'000'000), absl::Seconds(10));
}

TEST(BackoffTest, DelayIsSpreadOverTheWholeRangeBelowTheCeiling) {
  const Backoff backoff{.base = absl::Seconds(8), .cap = absl::Minutes(5)};
  absl::BitGen random;
  int low = 0;
  int high = 0;
  for (int i = 0; i < 1000; ++i) {
    const absl::Duration delay = backoff.Delay(0, random);
    ASSERT_GE(delay, absl::ZeroDuration());
    ASSERT_LE(delay, absl::Seconds(8));
    ++(delay < absl::Seconds(4) ? low : high);
  }
  // Each half is a fair coin: fewer than 300 of 1,000 has a chance of 10^-36.
  EXPECT_GT(low, 300);
  EXPECT_GT(high, 300);
}

}  // namespace
}  // namespace hestia
