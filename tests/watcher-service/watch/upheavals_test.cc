// Much that happens to names at once, with events and polled.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <set>
#include <string>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "tests/watcher-service/watched_library.h"

namespace hestia {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class UpheavalsTest : public WatchedLibraryModesTest {
 protected:
  void Exchange(const std::string& one, const std::string& other) const {
    ASSERT_EQ(renameat2(AT_FDCWD, folder_.Full(one).c_str(), AT_FDCWD, folder_.Full(other).c_str(),
                        RENAME_EXCHANGE),
              0);
  }
};

// A second library with a subscriber of its own.
class OtherLibrary {
 public:
  OtherLibrary(const std::string& root, WatchOptions options)
      : watch_(LibraryWatch::Create({"other", root}, true, std::move(options)).value()) {
    EXPECT_TRUE(watch_->AwaitFirstWalk());
    builder_.emplace(watch_->feed(), watch_->ignore(), std::nullopt);
  }
  std::set<std::string> Paths() {
    absl::Notification told;
    watch_->Sync([&](const absl::StatusOr<SyncResult>& result) {
      EXPECT_TRUE(result.ok()) << result.status();
      told.Notify();
    });
    told.WaitForNotification();
    while (builder_->HasWork()) {
      if (const std::optional<Frame> frame = builder_->Next()) mirror_.Apply(*frame);
    }
    return mirror_.paths();
  }

 private:
  std::shared_ptr<LibraryWatch> watch_;
  std::optional<FrameBuilder> builder_;
  Mirror mirror_;
};

TEST_P(UpheavalsTest, AStormOfRenamesEndsWithTheNamesThatAreThere) {
  constexpr unsigned kFiles = 100;
  constexpr int kRounds = 20;
  folder_.MakeDirs("d");
  folder_.MakeDirs("e");
  for (unsigned i = 0; i < kFiles; ++i) folder_.Write(absl::StrCat("d/", i, "-0"), std::string(i, 'x'));
  Start();
  for (int round = 0; round < kRounds; ++round) {
    for (unsigned i = 0; i < kFiles; ++i) {
      folder_.Rename(absl::StrCat(round % 2 == 0 ? "d/" : "e/", i, "-", round),
                     absl::StrCat(round % 2 == 0 ? "e/" : "d/", i, "-", round + 1));
    }
    if (round % 7 == 0) Drain();
  }
  Catch();
  ASSERT_EQ(mirror_.files().size(), kFiles);
  for (unsigned i = 0; i < kFiles; ++i) {
    EXPECT_EQ(mirror_.files().at(absl::StrCat("d/", i, "-", kRounds)), i);
  }
}

TEST_P(UpheavalsTest, DirectoriesRenamedInACircleKeepTheirFilesAndStayObserved) {
  for (const char* const name : {"a", "b", "c"}) {
    folder_.MakeDirs(absl::StrCat(name, "/deep"));
    folder_.Write(absl::StrCat(name, "/deep/of-", name), "x");
  }
  Start();
  for (int turn = 0; turn < 10; ++turn) {
    folder_.Rename("a", "tmp-free");
    folder_.Rename("b", "a");
    folder_.Rename("c", "b");
    folder_.Rename("tmp-free", "c");
  }
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("a/deep/of-b", "b/deep/of-c", "c/deep/of-a"));
  for (const char* const name : {"a", "b", "c"}) {
    folder_.Write(absl::StrCat(name, "/deep/new"), "x");
  }
  Catch();
  EXPECT_EQ(mirror_.files().size(), 6U);
  EXPECT_EQ(Observed(), 7U);
}

TEST_P(UpheavalsTest, DirectoriesExchangedInOneStepAreToldEachUnderItsNewName) {
  folder_.MakeDirs("a/x");
  folder_.MakeDirs("b/deep/y");
  folder_.Write("a/x/1", "x");
  folder_.Write("b/deep/y/2", "x");
  Start();
  Exchange("a", "b/deep");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("a/y/2", "b/deep/x/1"));
  folder_.Write("a/y/3", "x");
  folder_.Write("b/deep/x/4", "x");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("a/y/2", "a/y/3", "b/deep/x/1", "b/deep/x/4"));
}

TEST_P(UpheavalsTest, AStreamOfNewEmptyDirectoriesIsNotListedBecauseOneOfThemWas) {
  if (Polled()) GTEST_SKIP() << "what a poll finds new is always listed";
  Start();
  const auto listings = [this] { return watch_->feed().stats().listings; };
  // Until the first listing, of everything, is over for the watch as well.
  std::uint64_t before = 0;
  int probes = 0;
  do {
    before = listings();
    folder_.MakeDirs(absl::StrCat("probe-", probes++));
    Catch();
  } while (listings() != before);
  folder_.MakeDirs("full");
  folder_.Write("full/x", "x");
  for (int i = 0; i < 100; ++i) {
    folder_.MakeDirs(absl::StrCat("empty-", i));
    Catch();
  }
  EXPECT_THAT(mirror_.paths(), ElementsAre("full/x"));
  EXPECT_LE(listings(), before + 1);
}

TEST_P(UpheavalsTest, NothingStaysBeneathADirectoryWhoseNameAFileGotByAnExchange) {
  folder_.MakeDirs("d");
  folder_.Write("d/x", "x");
  folder_.Write("e", "1");
  Start();
  Catch();
  folder_.Remove("d/x");
  folder_.Remove("d");
  folder_.Write("d", "22");
  Exchange("e", "d");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("d", "e"));
}

TEST_P(UpheavalsTest, FilesExchangedInOneStepAreToldWithEachOthersSize) {
  folder_.Write("a", "1");
  folder_.Write("b", "22");
  Start();
  Exchange("a", "b");
  Catch();
  EXPECT_EQ(mirror_.files().at("a"), 2U);
  EXPECT_EQ(mirror_.files().at("b"), 1U);
}

TEST_P(UpheavalsTest, WhatIsDeletedAndMadeAgainUnderItsNameIsThere) {
  Start();
  for (unsigned round = 0; round < 30; ++round) {
    folder_.MakeDirs("d/e");
    folder_.Write(absl::StrCat("d/e/", round), "x");
    folder_.Write("f", std::string(round + 1, 'x'));
    if (round == 29) break;
    folder_.Remove("d");
    folder_.Remove("f");
  }
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("d/e/29", "f"));
  EXPECT_EQ(mirror_.files().at("f"), 30U);
  EXPECT_EQ(Observed(), 3U);
}

TEST_P(UpheavalsTest, WhatMovesBetweenLibrariesIsGoneHereAndThereThere) {
  const TempFolder elsewhere;
  folder_.MakeDirs("d/e");
  folder_.Write("d/e/a", "x");
  folder_.Write("b", "x");
  elsewhere.Write("c", "x");
  Start();
  OtherLibrary other(elsewhere.path(), QuickOptions());
  EXPECT_THAT(other.Paths(), ElementsAre("c"));
  ASSERT_EQ(rename(folder_.Full("d").c_str(), elsewhere.Full("d").c_str()), 0);
  ASSERT_EQ(rename(folder_.Full("b").c_str(), elsewhere.Full("b").c_str()), 0);
  ASSERT_EQ(rename(elsewhere.Full("c").c_str(), folder_.Full("c").c_str()), 0);
  elsewhere.Write("d/e/after", "x");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("c"));
  EXPECT_THAT(other.Paths(), ElementsAre("b", "d/e/a", "d/e/after"));
}

TEST_P(UpheavalsTest, OfTwoLibrariesOneInsideTheOtherEachToldForItself) {
  folder_.MakeDirs("inner/deep");
  Start();
  OtherLibrary inner(folder_.Full("inner"), QuickOptions());
  folder_.Write("inner/deep/a", "x");
  folder_.Write("b", "x");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("b", "inner/deep/a"));
  EXPECT_THAT(inner.Paths(), ElementsAre("deep/a"));
  folder_.Rename("inner/deep", "inner/other");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("b", "inner/other/a"));
  EXPECT_THAT(inner.Paths(), ElementsAre("other/a"));
}

TEST_P(UpheavalsTest, ALargeTreeMovedInIsToldWholeAndObserved) {
  const TempFolder outside;
  for (int d = 0; d < 40; ++d) {
    const std::string directory = absl::StrCat("tree/", d, "/deep");
    outside.MakeDirs(directory);
    for (int i = 0; i < 25; ++i) outside.Write(absl::StrCat(directory, "/", i), "x");
  }
  Start();
  ASSERT_EQ(rename(outside.Full("tree").c_str(), folder_.Full("in").c_str()), 0);
  for (int d = 0; d < 40; ++d) folder_.Write(absl::StrCat("in/", d, "/deep/late"), "x");
  Catch();
  EXPECT_EQ(mirror_.files().size(), 40U * 26U);
  EXPECT_EQ(Observed(), 82U);
  ASSERT_EQ(rename(folder_.Full("in").c_str(), outside.Full("tree").c_str()), 0);
  Catch();
  EXPECT_THAT(mirror_.paths(), IsEmpty());
}

TEST_P(UpheavalsTest, AHardLinkIsToldAndWhatIsWrittenThroughItUnderTheOtherNameByAListing) {
  folder_.Write("a", "1");
  Start();
  ASSERT_EQ(link(folder_.Full("a").c_str(), folder_.Full("b").c_str()), 0);
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("a", "b"));
  EXPECT_EQ(mirror_.Last("a")->inode, mirror_.Last("b")->inode);
  folder_.Write("b", "22");
  Catch();
  EXPECT_EQ(mirror_.files().at("b"), 2U);
  ASSERT_TRUE(watch_->Rescan().ok());
  Catch();
  EXPECT_EQ(mirror_.files().at("a"), 2U);
  folder_.Remove("a");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("b"));
}

INSTANTIATE_TEST_SUITE_P(Modes, UpheavalsTest, testing::Values(WatchMode::kAuto, WatchMode::kPoll),
                         ModeName);

}  // namespace
}  // namespace hestia
