#include "thumbnail-service/jobs/claim_mark.h"

#include <gtest/gtest.h>

namespace hestia {
namespace {

constexpr absl::Duration kStart = absl::Seconds(100);

TEST(ClaimMarkTest, EveryLookBeginsAtTheFrontWhileThatIsCheap) {
  ClaimMark mark;
  EXPECT_EQ(mark.From(kStart), ClaimMark::kFront);
  mark.Looked(ClaimMark::kFront, 7, kStart, kStart + absl::Milliseconds(1));
  EXPECT_EQ(mark.From(kStart + absl::Milliseconds(1)), ClaimMark::kFront);
}

TEST(ClaimMarkTest, AfterADearLookMostBeginWhereTheLastFoundSomething) {
  ClaimMark mark;
  mark.Looked(ClaimMark::kFront, 7, kStart, kStart + absl::Milliseconds(10));
  const absl::Duration next = kStart + absl::Milliseconds(10 + 10 * 100);
  EXPECT_EQ(mark.From(next - absl::Milliseconds(1)), 7);
  mark.Looked(7, 9, kStart + absl::Milliseconds(30), kStart + absl::Milliseconds(31));
  EXPECT_EQ(mark.From(next - absl::Milliseconds(1)), 9);
  EXPECT_EQ(mark.From(next), ClaimMark::kFront) << "what belongs further ahead is found, too";
}

TEST(ClaimMarkTest, AfterALookInVainTheNextBeginsAtTheFront) {
  ClaimMark mark;
  mark.Looked(ClaimMark::kFront, 7, kStart, kStart + absl::Milliseconds(20));
  mark.Looked(7, std::nullopt, kStart + absl::Milliseconds(30), kStart + absl::Milliseconds(31));
  EXPECT_EQ(mark.From(kStart + absl::Milliseconds(31)), ClaimMark::kFront);
}

TEST(ClaimMarkTest, TheFrontIsLookedAtEveryTwoSecondsHoweverDearItIs) {
  ClaimMark mark;
  const absl::Duration end = kStart + absl::Seconds(3);
  mark.Looked(ClaimMark::kFront, 7, kStart, end);
  EXPECT_EQ(mark.From(end + absl::Seconds(2)), ClaimMark::kFront);
}

}  // namespace
}  // namespace hestia
