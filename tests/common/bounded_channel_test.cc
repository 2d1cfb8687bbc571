#include "common/bounded_channel.h"

#include <memory>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hestia {
namespace {

TEST(BoundedChannelTest, TryPushWhenFullLeavesTheItemWithTheCaller) {
  BoundedChannel<std::unique_ptr<int>> channel(1);
  ASSERT_EQ(channel.TryPush(std::make_unique<int>(1)), PushResult::kAccepted);
  auto second = std::make_unique<int>(2);
  EXPECT_EQ(channel.TryPush(std::move(second)), PushResult::kFull);
  EXPECT_THAT(second, testing::Pointee(2));
}

TEST(BoundedChannelTest, ItemsLeaveInTheOrderTheyCame) {
  BoundedChannel<int> channel(3);
  for (int i : {1, 2, 3}) ASSERT_EQ(channel.TryPush(std::move(i)), PushResult::kAccepted);
  EXPECT_EQ(channel.Pop(), 1);
  EXPECT_THAT(channel.PopSome(10), testing::ElementsAre(2, 3));
}

TEST(BoundedChannelTest, ClosedChannelIsDrainedBeforeItSaysSo) {
  BoundedChannel<int> channel(2);
  ASSERT_EQ(channel.TryPush(7), PushResult::kAccepted);
  channel.Close();
  EXPECT_EQ(channel.TryPush(8), PushResult::kClosed);
  EXPECT_EQ(channel.Push(8), PushResult::kClosed);
  EXPECT_EQ(channel.Pop(), 7);
  EXPECT_EQ(channel.Pop(), std::nullopt);
  EXPECT_THAT(channel.PopSome(1), testing::IsEmpty());
}

TEST(BoundedChannelTest, PushWaitsForRoomAndEveryItemArrivesOnce) {
  constexpr int kItems = 1000;
  BoundedChannel<int> channel(2);
  std::thread producer([&] {
    for (int i = 0; i < kItems; ++i) {
      int item = i;
      ASSERT_EQ(channel.Push(std::move(item)), PushResult::kAccepted);
    }
    channel.Close();
  });
  for (int i = 0; i < kItems; ++i) ASSERT_EQ(channel.Pop(), i);
  EXPECT_EQ(channel.Pop(), std::nullopt);
  producer.join();
}

TEST(BoundedChannelTest, CloseWakesAConsumerThatWaits) {
  BoundedChannel<int> channel(1);
  std::thread consumer([&] { EXPECT_EQ(channel.Pop(), std::nullopt); });
  channel.Close();
  consumer.join();
}

TEST(BoundedChannelTest, PopSomeForReturnsEmptyHandedWhenNothingComes) {
  BoundedChannel<int> channel(1);
  EXPECT_THAT(channel.PopSomeFor(1, absl::Milliseconds(1)), testing::IsEmpty());
  EXPECT_FALSE(channel.closed());
}

}  // namespace
}  // namespace hestia
