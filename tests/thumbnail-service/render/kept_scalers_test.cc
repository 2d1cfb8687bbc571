#include "thumbnail-service/renderer/picture/kept_scalers.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace hestia {
namespace {
// Each of its own width, so that no test meets another one's.
wire::Scaling Scaling(std::uint32_t from_width_px) {
  return {.from_width_px = from_width_px,
          .from_height_px = 100,
          .to_width_px = 60,
          .to_height_px = 50,
          .left = 0,
          .top = 0,
          .width = double{1} * from_width_px,
          .height = 100};
}

// Whether it had to be made now.
bool IsNew(const wire::Scaling& scaling) {
  ForgetScalingsMade();
  ScalerFor(scaling);
  return !ScalingsMade().empty();
}

TEST(KeptScalersTest, AScalerIsMadeOnce) {
  EXPECT_TRUE(IsNew(Scaling(120)));
  EXPECT_FALSE(IsNew(Scaling(120)));
  EXPECT_TRUE(IsNew(Scaling(121)));
}

TEST(KeptScalersTest, WhatWasToldOnceIsNotPreparedAndWhatWasToldTwiceIs) {
  const wire::Scaling once = Scaling(130);
  const wire::Scaling twice = Scaling(131);
  PrepareWhatIsNeededAgain(std::vector{once, twice});
  PrepareWhatIsNeededAgain(std::vector{twice});
  EXPECT_TRUE(IsNew(once));
  EXPECT_FALSE(IsNew(twice));
}

TEST(KeptScalersTest, WhatWasToldLongAgoHasBeenForgotten) {
  PrepareWhatIsNeededAgain(std::vector{Scaling(140)});
  for (std::uint32_t width = 1000; width < 1100; ++width) {
    PrepareWhatIsNeededAgain(std::vector{Scaling(width)});
  }
  PrepareWhatIsNeededAgain(std::vector{Scaling(140)});
  EXPECT_TRUE(IsNew(Scaling(140)));
}

TEST(KeptScalersTest, WhatOneProcessTellsTwiceIsNotPrepared) {
  EXPECT_EQ(PrepareWhatIsNeededAgain(std::vector{Scaling(145), Scaling(145)}), 0);
  EXPECT_EQ(PrepareWhatIsNeededAgain(std::vector{Scaling(145), Scaling(145)}), 1);
}

// A process that its image has taken over may tell anything.
TEST(KeptScalersTest, WhatNoPictureNeedsIsNotPrepared) {
  const auto with = [](auto change) {
    wire::Scaling scaling = Scaling(150);
    change(scaling);
    return scaling;
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<wire::Scaling> lies = {
      with([](wire::Scaling& s) { s.from_width_px = 0; }),
      with([](wire::Scaling& s) { s.from_height_px = 0xffffffff; }),
      with([](wire::Scaling& s) { s.to_width_px = 0; }),
      with([](wire::Scaling& s) { s.to_height_px = 201; }),
      with([](wire::Scaling& s) { s.width = 0; }),
      with([](wire::Scaling& s) { s.width = 75; }),
      with([](wire::Scaling& s) { s.width = 160; }),
      with([](wire::Scaling& s) { s.width = 1e300; }),
      with([&](wire::Scaling& s) { s.height = nan; }),
      with([&](wire::Scaling& s) { s.height = infinity; }),
      with([&](wire::Scaling& s) { s.left = -infinity; }),
      with([](wire::Scaling& s) { s.left = -10; }),
      with([&](wire::Scaling& s) { s.top = nan; }),
      with([](wire::Scaling& s) { s.top = 5; }),
      // Sound in itself, but with weights of some MB.
      {.from_width_px = 60'000,
       .from_height_px = 60,
       .to_width_px = 30'000,
       .to_height_px = 30,
       .left = 0,
       .top = 0,
       .width = 60'000,
       .height = 60},
      // With small weights, but much to work through.
      {.from_width_px = 13'000,
       .from_height_px = 13'000,
       .to_width_px = 1,
       .to_height_px = 1,
       .left = 0,
       .top = 0,
       .width = 13'000,
       .height = 13'000},
      {.from_width_px = 5'000,
       .from_height_px = 5'000,
       .to_width_px = 200,
       .to_height_px = 200,
       .left = 0,
       .top = 0,
       .width = 5'000,
       .height = 5'000},
      {.from_width_px = 28'000,
       .from_height_px = 2,
       .to_width_px = 1,
       .to_height_px = 1,
       .left = 0,
       .top = 0,
       .width = 28'000,
       .height = 2},
  };
  for (std::size_t i = 0; i < lies.size(); ++i) {
    EXPECT_EQ(PrepareWhatIsNeededAgain({&lies[i], 1}), 0);
    EXPECT_EQ(PrepareWhatIsNeededAgain({&lies[i], 1}), 0) << i;
  }
}

TEST(KeptScalersTest, TheOneNotUsedForTheLongestGoesWhenThereIsNoRoom) {
  const wire::Scaling first = Scaling(160);
  ASSERT_TRUE(IsNew(first));
  const auto large = [](std::uint32_t from) {
    return wire::Scaling{.from_width_px = from,
                         .from_height_px = 3000,
                         .to_width_px = 3000,
                         .to_height_px = 1500,
                         .left = 0,
                         .top = 0,
                         .width = double{1} * from,
                         .height = 3000};
  };
  std::size_t bytes = 0;
  for (std::uint32_t from = 6000; bytes < kKeptScalerBytes; ++from) {
    ASSERT_TRUE(IsNew(large(from)));
    bytes += EstimatedBytes(large(from));
    ASSERT_FALSE(IsNew(Scaling(161)) && from > 6000) << "it is used all the time";
  }
  EXPECT_TRUE(IsNew(first));
}
}  // namespace
}  // namespace hestia
