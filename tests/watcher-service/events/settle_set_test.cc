#include "watcher-service/events/settle_set.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hestia {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr absl::Duration Ms(int count) { return absl::Milliseconds(count); }
SettleSet::Key Named(std::string name) { return {1, std::move(name)}; }

class SettleSetTest : public testing::Test {
 protected:
  std::vector<std::string> Step(absl::Duration now) {
    std::vector<std::string> names;
    last_.clear();
    for (SettleSet::Ready& ready :
         set_.Step(now, [this](const SettleSet::Key&) { return disk_; })) {
      names.push_back(ready.key.name);
      last_.push_back(ready.news);
    }
    return names;
  }

  SettleSet set_{{}, /*capacity=*/4};
  std::optional<SettleSet::Fingerprint> disk_ = SettleSet::Fingerprint{1, absl::UnixEpoch()};
  std::vector<SettleSet::News> last_;
};

TEST_F(SettleSetTest, AClosedFileIsReadyAfterTheQuiet) {
  set_.Closed(Named("a"), Ms(0));
  EXPECT_EQ(set_.NextDeadline(), Ms(100));
  EXPECT_THAT(Step(Ms(99)), IsEmpty());
  EXPECT_THAT(Step(Ms(100)), ElementsAre("a"));
  EXPECT_TRUE(last_[0].rewritten);
  EXPECT_EQ(set_.size(), 0U);
}

TEST_F(SettleSetTest, RepeatedClosesAreToldOnce) {
  set_.Closed(Named("a"), Ms(0));
  set_.Closed(Named("a"), Ms(80));
  EXPECT_THAT(Step(Ms(100)), IsEmpty());
  EXPECT_THAT(Step(Ms(180)), ElementsAre("a"));
}

TEST_F(SettleSetTest, AFileClosedAgainAndAgainIsToldWithinTheLongestQuiet) {
  for (int at = 0; at < 1000; at += 50) {
    set_.Closed(Named("a"), Ms(at));
    ASSERT_THAT(Step(Ms(at)), IsEmpty());
  }
  EXPECT_THAT(Step(Ms(1000)), ElementsAre("a"));
}

TEST_F(SettleSetTest, AFileRewrittenAgainAndAgainIsToldBetweenItsWriters) {
  for (int at = 0; at < 1000; at += 50) {
    set_.Wrote(Named("a"), Ms(at));
    set_.Closed(Named("a"), Ms(at + 1));
    ASSERT_THAT(Step(Ms(at + 1)), IsEmpty());
  }
  set_.Wrote(Named("a"), Ms(1010));
  set_.Closed(Named("a"), Ms(1011));
  EXPECT_THAT(Step(Ms(1011)), ElementsAre("a"));
}

TEST_F(SettleSetTest, AFileThatIsRenamedWhileItSettlesIsStillWaitedFor) {
  set_.Closed(Named("a"), Ms(0));
  const std::uint64_t serial = set_.last_serial();
  set_.Closed(Named("other"), Ms(0));
  const std::optional<SettleSet::News> news = set_.Remove(Named("a"));
  ASSERT_TRUE(news.has_value());
  EXPECT_FALSE(set_.SettlingSince(serial));
  set_.Arrived(Named("b"), *news, Ms(10));
  EXPECT_TRUE(set_.SettlingSince(serial));
}

TEST_F(SettleSetTest, AnOpenFileIsReadyWhenItHasStoodStill) {
  set_.Wrote(Named("a"), Ms(0));
  EXPECT_EQ(set_.writing(), 1U);
  EXPECT_THAT(Step(Ms(100)), IsEmpty());  // the first look
  EXPECT_THAT(Step(Ms(2099)), IsEmpty());
  EXPECT_THAT(Step(Ms(2100)), ElementsAre("a"));
  EXPECT_FALSE(last_[0].rewritten);
  EXPECT_EQ(set_.writing(), 0U);
}

TEST_F(SettleSetTest, AnOpenFileThatGrowsUnnoticedWaitsOn) {
  set_.Wrote(Named("a"), Ms(0));
  Step(Ms(100));
  disk_->size_bytes = 2;
  EXPECT_THAT(Step(Ms(2100)), IsEmpty());
  EXPECT_THAT(Step(Ms(4100)), ElementsAre("a"));
}

// 64 KiB a second, in pieces as small as rsync's and as large as cp's.
TEST_F(SettleSetTest, ASlowCopyIsToldOnceAtItsEnd) {
  for (const int piece_kib : {4, 64, 128}) {
    const absl::Duration pause = absl::Seconds(1) * piece_kib / 64;
    const absl::Duration end = absl::Minutes(2);
    set_.Created(Named("a"), Ms(0));
    absl::Duration written;
    for (absl::Duration now; now < end; now += Ms(10)) {
      if (now >= written + pause) {
        written = now;
        disk_ = {disk_->size_bytes + static_cast<std::uint64_t>(piece_kib << 10),
                 absl::UnixEpoch() + now};
        set_.Wrote(Named("a"), now);
      }
      ASSERT_THAT(Step(now), IsEmpty()) << piece_kib << " KiB at " << now;
    }
    set_.Closed(Named("a"), end);
    EXPECT_THAT(Step(end + Ms(99)), IsEmpty());
    EXPECT_THAT(Step(end + Ms(100)), ElementsAre("a"));
    EXPECT_EQ(set_.NextDeadline(), absl::InfiniteDuration());
  }
}

TEST_F(SettleSetTest, WritingAgainStartsTheWaitAnew) {
  set_.Wrote(Named("a"), Ms(0));
  Step(Ms(100));
  set_.Wrote(Named("a"), Ms(1000));
  EXPECT_THAT(Step(Ms(2100)), IsEmpty());
  EXPECT_THAT(Step(Ms(4200)), ElementsAre("a"));
}

TEST_F(SettleSetTest, ACloseEndsTheWaitForStillness) {
  set_.Wrote(Named("a"), Ms(0));
  Step(Ms(100));
  set_.Closed(Named("a"), Ms(150));
  EXPECT_THAT(Step(Ms(250)), ElementsAre("a"));
}

TEST_F(SettleSetTest, AnOpenFileThatVanishedIsToldAtOnce) {
  set_.Wrote(Named("a"), Ms(0));
  disk_.reset();
  EXPECT_THAT(Step(Ms(100)), ElementsAre("a"));
}

TEST_F(SettleSetTest, AHardLinkIsReadyAtItsFirstLook) {
  disk_->linked = true;
  set_.Created(Named("a"), Ms(0));
  EXPECT_THAT(Step(Ms(100)), ElementsAre("a"));
  EXPECT_FALSE(last_[0].rewritten);
}

TEST_F(SettleSetTest, AHardLinkThatIsRenamedMeanwhileIsReadyAsSoon) {
  disk_->linked = true;
  set_.Created(Named("a"), Ms(0));
  set_.Arrived(Named("b"), *set_.Remove(Named("a")), Ms(10));
  EXPECT_THAT(Step(Ms(110)), ElementsAre("b"));
}

TEST_F(SettleSetTest, AHardLinkThatIsWrittenIsWaitedFor) {
  disk_->linked = true;
  set_.Created(Named("a"), Ms(0));
  set_.Wrote(Named("a"), Ms(10));
  EXPECT_THAT(Step(Ms(110)), IsEmpty());
  EXPECT_THAT(Step(Ms(2110)), ElementsAre("a"));
}

TEST_F(SettleSetTest, WhatIsPutOffIsReadyInTheOrderOfItsRest) {
  set_.Created(Named("a"), Ms(0));
  set_.Closed(Named("b"), Ms(10));
  set_.Wrote(Named("a"), Ms(20));
  set_.Closed(Named("a"), Ms(30));
  EXPECT_THAT(Step(Ms(109)), IsEmpty());
  EXPECT_EQ(set_.NextDeadline(), Ms(110));
  EXPECT_THAT(Step(Ms(110)), ElementsAre("b"));
  EXPECT_THAT(Step(Ms(129)), IsEmpty());
  EXPECT_THAT(Step(Ms(130)), ElementsAre("a"));
  EXPECT_EQ(set_.NextDeadline(), absl::InfiniteDuration());
}

TEST_F(SettleSetTest, ATouchDoesNotEndTheWaitForAWriter) {
  set_.Wrote(Named("a"), Ms(0));
  set_.Touched(Named("a"), Ms(10));
  Step(Ms(110));
  EXPECT_EQ(set_.writing(), 1U);
  set_.Touched(Named("b"), Ms(110));
  EXPECT_THAT(Step(Ms(210)), ElementsAre("b"));
  EXPECT_FALSE(last_[0].rewritten);
}

TEST_F(SettleSetTest, ARenamedFileTakesItsNewsAlong) {
  set_.Closed(Named("a"), Ms(0));
  SettleSet::News news = *set_.Remove(Named("a"));
  news.previous_path = "a";
  set_.Arrived(Named("b"), news, Ms(10));
  EXPECT_THAT(Step(Ms(110)), ElementsAre("b"));
  EXPECT_TRUE(last_[0].rewritten);
  EXPECT_EQ(last_[0].previous_path, "a");
}

TEST_F(SettleSetTest, ANameIsKeyedByItsDirectory) {
  set_.Closed({1, "a"}, Ms(0));
  set_.Closed({2, "a"}, Ms(0));
  EXPECT_EQ(set_.size(), 2U);
  EXPECT_FALSE(set_.Remove({3, "a"}).has_value());
}

TEST_F(SettleSetTest, WhenFullANewFileIsRefusedAndAKnownOneTaken) {
  for (const char* const name : {"a", "b", "c", "d"}) {
    ASSERT_TRUE(set_.Closed(Named(name), Ms(0)));
  }
  EXPECT_FALSE(set_.Closed(Named("e"), Ms(0)));
  EXPECT_TRUE(set_.Wrote(Named("a"), Ms(0)));
}

TEST_F(SettleSetTest, WhatGoesOnChangingIsToldFromWhatComesToRestSoon) {
  set_.Wrote(Named("grows"), Ms(0));
  set_.Wrote(Named("still"), Ms(0));
  const std::uint64_t serial = set_.last_serial();
  set_.Wrote(Named("later"), Ms(5));
  EXPECT_TRUE(set_.UnchangedSince(serial, Ms(10)));
  // Heard of, and found otherwise by a look; the first look has nothing to compare with.
  set_.Wrote(Named("grows"), Ms(20));
  EXPECT_TRUE(set_.UnchangedSince(serial, Ms(10)));
  Step(Ms(120));
  EXPECT_TRUE(set_.UnchangedSince(serial, Ms(10)));
  disk_->size_bytes = 2;
  Step(Ms(2200));
  EXPECT_FALSE(set_.UnchangedSince(serial, Ms(10)));
  EXPECT_TRUE(set_.UnchangedSince(serial, Ms(2200)));
}

TEST_F(SettleSetTest, WhatALookInBetweenFindsMustStandStillFromThenOn) {
  set_.Wrote(Named("a"), Ms(0));
  const std::uint64_t serial = set_.last_serial();
  Step(Ms(100));
  disk_->size_bytes = 2;
  const auto look = [this](const SettleSet::Key&) { return disk_; };
  set_.LookAgain(Named("a"), Ms(1500), look);
  set_.LookAgain(Named("a"), Ms(3000), look);  // as it was
  set_.LookAgain(Named("b"), Ms(3000), look);
  EXPECT_THAT(Step(Ms(3499)), IsEmpty());
  EXPECT_TRUE(set_.UnchangedSince(serial, Ms(1500)));
  EXPECT_THAT(Step(Ms(3500)), ElementsAre("a"));
}

// After an overflow that took its close along, a file is still taken for an open one.
TEST_F(SettleSetTest, ANameMoreOrLessIsNoWriting) {
  disk_->linked = true;
  set_.Wrote(Named("a"), Ms(0));
  EXPECT_THAT(Step(Ms(100)), IsEmpty());
  disk_->linked = false;
  EXPECT_TRUE(set_.UnchangedSince(set_.last_serial(), Ms(100)));
  EXPECT_THAT(Step(Ms(2100)), ElementsAre("a"));
}

TEST_F(SettleSetTest, SettlingSinceTellsWhetherOldEntriesAreStillThere) {
  set_.Closed(Named("a"), Ms(0));
  const std::uint64_t serial = set_.last_serial();
  set_.Closed(Named("b"), Ms(50));
  EXPECT_TRUE(set_.SettlingSince(serial));
  Step(Ms(100));
  EXPECT_FALSE(set_.SettlingSince(serial));
  EXPECT_TRUE(set_.SettlingSince(set_.last_serial()));
}

}  // namespace
}  // namespace hestia
