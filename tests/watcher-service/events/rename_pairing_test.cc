#include "watcher-service/events/rename_pairing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hestia {
namespace {

RenamePairing::Departure Of(std::uint32_t cookie, absl::Duration at, std::string path) {
  RenamePairing::Departure departure;
  departure.cookie = cookie;
  departure.left_at = at;
  departure.path = std::move(path);
  return departure;
}

constexpr absl::Duration Ms(int count) { return absl::Milliseconds(count); }

TEST(RenamePairingTest, AnArrivalFindsItsDeparture) {
  RenamePairing pairing(Ms(50));
  pairing.Leave(Of(1, Ms(0), "a"));
  pairing.Leave(Of(2, Ms(0), "b"));
  EXPECT_EQ(pairing.Arrive(1)->path, "a");
  EXPECT_EQ(pairing.Arrive(2)->path, "b");
  EXPECT_EQ(pairing.NextDeadline(), absl::InfiniteDuration());
}

TEST(RenamePairingTest, AnArrivalFromOutsideFindsNone) {
  RenamePairing pairing(Ms(50));
  pairing.Leave(Of(1, Ms(0), "a"));
  EXPECT_FALSE(pairing.Arrive(7).has_value());
}

TEST(RenamePairingTest, ADepartureExpiresWhenItHasWaitedLongEnough) {
  RenamePairing pairing(Ms(50));
  pairing.Leave(Of(1, Ms(0), "a"));
  pairing.Leave(Of(2, Ms(30), "b"));
  EXPECT_EQ(pairing.NextDeadline(), Ms(50));
  EXPECT_TRUE(pairing.Expire(Ms(49)).empty());
  const auto expired = pairing.Expire(Ms(50));
  ASSERT_EQ(expired.size(), 1U);
  EXPECT_EQ(expired[0].path, "a");
  EXPECT_TRUE(pairing.WaitingSince(Ms(30)));
  EXPECT_FALSE(pairing.WaitingSince(Ms(29)));
}

TEST(RenamePairingTest, EverythingExpiresInTheEnd) {
  RenamePairing pairing(Ms(50));
  EXPECT_TRUE(pairing.Expire(absl::InfiniteDuration()).empty());
  pairing.Leave(Of(1, Ms(0), "a"));
  EXPECT_EQ(pairing.Expire(absl::InfiniteDuration()).size(), 1U);
}

TEST(RenamePairingTest, PastItsCapacityTheOldestIsGivenBack) {
  RenamePairing pairing(Ms(50), /*capacity=*/1);
  EXPECT_FALSE(pairing.Leave(Of(1, Ms(0), "a")).has_value());
  EXPECT_EQ(pairing.Leave(Of(2, Ms(0), "b"))->path, "a");
  EXPECT_TRUE(pairing.Arrive(2).has_value());
}

}  // namespace
}  // namespace hestia
