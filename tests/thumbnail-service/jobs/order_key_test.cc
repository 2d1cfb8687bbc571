#include "thumbnail-service/jobs/order_key.h"

#include <gtest/gtest.h>

namespace hestia {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

TEST(OrderKeyTest, ClassesOfOneMomentRunInTheirOrder) {
  EXPECT_LT(OrderKey(kNow, JobClass::kInteractive), OrderKey(kNow, JobClass::kLive));
  EXPECT_LT(OrderKey(kNow, JobClass::kLive), OrderKey(kNow, JobClass::kBackfill));
  EXPECT_LT(OrderKey(kNow, JobClass::kBackfill), OrderKey(kNow, JobClass::kRegenerate));
}

TEST(OrderKeyTest, AnOldJobOfALowClassOvertakesNewOnesOfAHighClass) {
  EXPECT_LT(OrderKey(kNow, JobClass::kBackfill), OrderKey(kNow + absl::Hours(1), JobClass::kLive));
  EXPECT_LT(OrderKey(kNow, JobClass::kRegenerate),
            OrderKey(kNow + absl::Hours(7), JobClass::kLive));
}

TEST(OrderKeyTest, AJobIsAwaitedForAWhileAfterItWasLifted) {
  const std::int64_t lifted = OrderKey(kNow, JobClass::kInteractive);
  EXPECT_TRUE(IsAwaited(lifted, kNow));
  EXPECT_TRUE(IsAwaited(lifted, kNow + absl::Minutes(4)));
  EXPECT_FALSE(IsAwaited(lifted, kNow + absl::Minutes(6)));
  const std::int64_t old = OrderKey(kNow, JobClass::kLive);
  EXPECT_FALSE(IsAwaited(old, kNow));
  EXPECT_FALSE(IsAwaited(old, kNow + absl::Hours(48))) << "nobody asked for it";
}

}  // namespace
}  // namespace hestia
