#include "watcher-service/feed/file_looks.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include "common/monotonic_clock.h"
#include "common/unique_fd.h"
#include "tests/watcher-service/temp_folder.h"

namespace hestia {
namespace {

constexpr std::size_t kNames = 200;

// Every third name is of no file; the others' sizes are their numbers.
class FileLooksTest : public testing::Test {
 protected:
  void SetUp() override {
    for (std::size_t i = 0; i < kNames; ++i) {
      texts_.push_back(absl::StrCat("f", i));
      if (i % 3 != 0) folder_.Write(texts_.back(), std::string(i, 'x'));
    }
    for (const std::string& text : texts_) names_.push_back(text.c_str());
    directory_ = UniqueFd(open(folder_.path().c_str(), O_RDONLY | O_DIRECTORY));
  }
  std::size_t Look(absl::Duration deadline, std::size_t from = 0) {
    return looks_.Look(directory_.get(), absl::MakeConstSpan(names_).subspan(from), deadline);
  }
  void ExpectFound(std::size_t count, std::size_t from = 0) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t number = from + i;
      ASSERT_EQ(looks_.at(i).error, number % 3 == 0 ? ENOENT : 0) << number;
      if (number % 3 == 0) continue;
      ASSERT_EQ(static_cast<std::size_t>(looks_.at(i).status.st_size), number);
    }
  }

  TempFolder folder_;
  std::vector<std::string> texts_;
  std::vector<const char*> names_;
  UniqueFd directory_;
  FileLooks looks_;
};

TEST_F(FileLooksTest, WhatIsFoundIsInTheOrderOfTheNamesAloneAndShared) {
  for (std::size_t round = 0; round < 500; ++round) {
    // Not what was found the last time.
    const std::size_t from = round % 3;
    ASSERT_EQ(Look(absl::InfiniteDuration(), from), kNames - from);
    ExpectFound(kNames - from, from);
  }
  EXPECT_TRUE(looks_.shared());
}

TEST_F(FileLooksTest, FewFilesTakeNoSecondThread) {
  ASSERT_EQ(Look(absl::InfiniteDuration()), kNames);
  EXPECT_FALSE(looks_.shared());
}

TEST_F(FileLooksTest, PastTheDeadlineTheFirstOfThemAreFoundAndTheRestCanBeAskedForAgain) {
  for (int round = 0; round < 200; ++round) {
    const absl::Duration soon = MonotonicNow() + absl::Microseconds(round);
    std::size_t from = 0;
    while (from < kNames) {
      const std::size_t count = Look(soon, from);
      ASSERT_GT(count, 0U);
      ExpectFound(count, from);
      from += count;
    }
    ASSERT_EQ(from, kNames);
  }
  EXPECT_LT(Look(MonotonicNow()), kNames);
}

TEST_F(FileLooksTest, NothingIsLookedAtWhereNothingIsNamed) {
  EXPECT_EQ(Look(absl::InfiniteDuration(), kNames), 0U);
}

}  // namespace
}  // namespace hestia
