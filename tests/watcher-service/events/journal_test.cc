#include "watcher-service/events/journal.h"

#include <malloc.h>

#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hestia {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Kind = Mark::Kind;

constexpr std::uint64_t kStart = 1000;

std::string Describe(const Mark& mark) {
  const char* const kinds[] = {"file ", "gone ", "list "};
  return kinds[static_cast<int>(mark.kind)] + mark.path;
}

std::vector<std::string> All(const Journal& journal, std::uint64_t after = kStart) {
  std::vector<std::string> all;
  for (const Mark& mark : journal.After(after, 1'000'000)) all.push_back(Describe(mark));
  return all;
}

Journal Small(std::size_t max_marks) { return Journal({max_marks, 1 << 20}, kStart); }

TEST(JournalTest, MarksComeInTheOrderTheyWereMade) {
  Journal journal({}, kStart);
  journal.File("b", "", false);
  journal.Gone("a", false);
  journal.List("c", ListingReason::kDirectoryArrived);
  EXPECT_THAT(All(journal), ElementsAre("file b", "gone a", "list c"));
  EXPECT_EQ(journal.head(), kStart + 3);
}

TEST(JournalTest, ANewMarkOnAPathReplacesTheOldOne) {
  Journal journal({}, kStart);
  journal.File("a", "", false);
  journal.File("b", "", false);
  journal.Gone("a", false);
  EXPECT_THAT(All(journal), ElementsAre("file b", "gone a"));
}

TEST(JournalTest, AReaderGoesOnAfterItsSequence) {
  Journal journal({}, kStart);
  journal.File("a", "", false);
  const std::uint64_t read = journal.head();
  journal.File("b", "", false);
  EXPECT_THAT(All(journal, read), ElementsAre("file b"));
  EXPECT_THAT(journal.After(journal.head(), 10), IsEmpty());
  EXPECT_THAT(journal.After(kStart, 1), SizeIs(1));
}

TEST(JournalTest, ADirectoryThatIsGoneTakesTheMarksBeneathAlong) {
  Journal journal({}, kStart);
  journal.File("d/x", "", false);
  journal.List("d", ListingReason::kDirectoryArrived);
  journal.File("d/e/y", "", false);
  journal.File("d-e", "", false);
  journal.File("d0", "", false);
  journal.Gone("d", true);
  EXPECT_THAT(All(journal), ElementsAre("file d-e", "file d0", "gone d"));
}

TEST(JournalTest, AFileThatIsGoneLeavesOthersAlone) {
  Journal journal({}, kStart);
  journal.File("d/x", "", false);
  journal.Gone("d", false);
  EXPECT_THAT(All(journal), ElementsAre("file d/x", "gone d"));
}

TEST(JournalTest, AFileWhereADirectoryWasAlsoHasTheOldSubtreeListed) {
  Journal journal({}, kStart);
  journal.Gone("d", true);
  journal.File("d", "", false);
  EXPECT_THAT(All(journal), ElementsAre("list d", "file d"));
}

TEST(JournalTest, ADirectoryWhereADirectoryWasKeepsBothMarks) {
  Journal journal({}, kStart);
  journal.Gone("d", true);
  EXPECT_TRUE(journal.HasGoneDirectory("d"));
  journal.List("d", ListingReason::kDirectoryArrived);
  EXPECT_THAT(All(journal), ElementsAre("gone d", "list d"));
}

TEST(JournalTest, AGoneDirectoryStaysOneWhenAFileOfItsNameGoesToo) {
  Journal journal({}, kStart);
  journal.Gone("d", true);
  journal.Gone("d", false);
  EXPECT_TRUE(journal.HasGoneDirectory("d"));
}

TEST(JournalTest, ARewriteIsRememberedForThoseWhoHaveNotHeardOfIt) {
  Journal journal({}, kStart);
  journal.File("a", "", true);
  const std::uint64_t rewrite = journal.head();
  journal.File("a", "", false);
  const std::vector<Mark> marks = journal.After(kStart, 10);
  ASSERT_THAT(marks, SizeIs(1));
  EXPECT_EQ(marks[0].rewritten_at, rewrite);
  EXPECT_GT(marks[0].sequence, rewrite);
}

TEST(JournalTest, WhenFullTheOldestMarksAreForgottenAndOldCursorsNotCovered) {
  Journal journal = Small(3);
  for (const char* const path : {"a", "b", "c", "d"}) journal.File(path, "", false);
  EXPECT_THAT(All(journal), ElementsAre("file b", "file c", "file d"));
  EXPECT_FALSE(journal.Covers(kStart));
  EXPECT_TRUE(journal.Covers(kStart + 1));
  EXPECT_TRUE(journal.Covers(journal.head()));
}

TEST(JournalTest, OneBusyFileNeverFillsIt) {
  Journal journal = Small(3);
  for (int i = 0; i < 100; ++i) journal.File("a", "", true);
  EXPECT_TRUE(journal.Covers(kStart));
  EXPECT_EQ(journal.size(), 1U);
}

TEST(JournalTest, LongPathsFillItByTheirBytes) {
  Journal journal({1000, 10'000}, kStart);
  journal.File(std::string(4000, 'a'), "", false);
  journal.File(std::string(4000, 'b'), "", false);
  EXPECT_EQ(journal.size(), 1U);
  EXPECT_FALSE(journal.Covers(kStart));
}

TEST(JournalTest, ThePathBeforeARenameCountsToo) {
  Journal journal({1000, 10'000}, kStart);
  journal.File("a", std::string(4000, 'a'), false);
  journal.File("b", std::string(4000, 'b'), false);
  EXPECT_EQ(journal.size(), 2U);
  journal.File("c", std::string(4000, 'c'), false);
  EXPECT_EQ(journal.size(), 2U);
}

TEST(JournalTest, ItKnowsWhatItTakes) {
  const std::size_t before = mallinfo2().uordblks;
  Journal journal({}, kStart);
  const auto path = [](int i) { return absl::StrCat("some/directory/", i * 7919 % 40'000, ".jpg"); };
  for (int i = 0; i < 40'000; ++i) journal.File(path(i), i % 3 == 0 ? path(i + 1) : "", false);
  for (int i = 0; i < 40'000; i += 2) journal.Gone(path(i), false);
  const std::size_t taken = mallinfo2().uordblks - before;
  if (taken == 0) GTEST_SKIP() << "a sanitizer's heap does not say what it gave";
  EXPECT_NEAR(static_cast<double>(journal.bytes()) / static_cast<double>(taken), 1, 0.25);
}

TEST(JournalTest, WhatIsForgottenTakesNothing) {
  Journal journal({}, kStart);
  for (int i = 0; i < 3; ++i) {
    journal.File("d/a", "d/some/long/name/before/that", true);
    journal.List("d/a", ListingReason::kPolled, /*shallow=*/true);
    journal.List("d/a", ListingReason::kPolled);
    journal.Gone("d/a", /*directory=*/true);
  }
  journal.Gone("d", /*directory=*/true);
  const std::size_t one = journal.bytes();
  journal.Clear();
  EXPECT_EQ(journal.bytes(), 0U);
  journal.Gone("d", /*directory=*/true);
  EXPECT_EQ(journal.bytes(), one);
}

TEST(JournalTest, AfterClearNoEarlierCursorIsCovered) {
  Journal journal({}, kStart);
  journal.File("a", "", false);
  const std::uint64_t before = journal.head();
  journal.Clear();
  EXPECT_FALSE(journal.Covers(before));
  EXPECT_TRUE(journal.Covers(journal.head()));
  EXPECT_EQ(journal.size(), 0U);
}

TEST(JournalTest, ASequenceThatWasNeverGivenOutIsNotCovered) {
  EXPECT_FALSE(Journal({}, kStart).Covers(kStart + 1));
}

TEST(JournalTest, AShallowListNeitherTakesTheDepthOfADeepOneNorTheReason) {
  Journal journal({}, 0);
  journal.List("d", ListingReason::kDirectoryArrived);
  journal.List("d", ListingReason::kPolled, /*shallow=*/true);
  std::vector<Mark> marks = journal.After(0, 10);
  ASSERT_EQ(marks.size(), 2U);
  EXPECT_FALSE(marks[0].shallow);
  EXPECT_EQ(marks[0].reason, ListingReason::kDirectoryArrived);
  EXPECT_TRUE(marks[1].shallow);
  // Who took the deep one takes but the files after it.
  marks = journal.After(marks[0].sequence, 10);
  ASSERT_EQ(marks.size(), 1U);
  EXPECT_TRUE(marks[0].shallow);
}

TEST(JournalTest, ADeepListTakesThePlaceOfEveryOtherOfItsScope) {
  Journal journal({}, 0);
  journal.List("d", ListingReason::kDirectoryArrived);
  journal.List("d", ListingReason::kPolled, /*shallow=*/true);
  journal.List("d", ListingReason::kPolled);
  const std::vector<Mark> marks = journal.After(0, 10);
  ASSERT_EQ(marks.size(), 1U);
  EXPECT_FALSE(marks[0].shallow);
  journal.List("d", ListingReason::kPolled, /*shallow=*/true);
  journal.Gone("d", /*directory=*/true);
  EXPECT_EQ(journal.size(), 1U);
}

}  // namespace
}  // namespace hestia
