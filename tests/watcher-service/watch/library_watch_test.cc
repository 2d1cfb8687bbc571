#include "watcher-service/watch/library_watch.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include <gmock/gmock.h>

#include "tests/watcher-service/watched_library.h"

namespace hestia {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// What only events tell (a close, where a file was before, a change of mode) is not asked of
// polling.
using LibraryWatchTest = WatchedLibraryModesTest;

TEST_P(LibraryWatchTest, TheFirstContactIsASnapshot) {
  folder_.MakeDirs("d");
  folder_.Write("d/a", "1");
  folder_.Write("b", "22");
  Start();
  EXPECT_THAT(mirror_.paths(), ElementsAre("b", "d/a"));
  ASSERT_EQ(mirror_.listings().size(), 1U);
  EXPECT_EQ(mirror_.listings()[0].scope, "");
  EXPECT_EQ(mirror_.listings()[0].reason, ListingReason::kFirstContact);
  EXPECT_EQ(watch_->status().state, WatchState::kWatching);
  EXPECT_EQ(Observed(), 2U);
}

TEST_P(LibraryWatchTest, ANewFileIsToldOnceWithItsFinalSize) {
  Start();
  {
    std::ofstream file(folder_.Full("a"));
    for (int piece = 0; piece < 50; ++piece) file << std::string(1000, 'x') << std::flush;
  }
  Catch();
  EXPECT_EQ(mirror_.files().at("a"), 50'000U);
  if (Polled()) return;
  EXPECT_EQ(mirror_.Count("a"), 1);
  EXPECT_TRUE(mirror_.Last("a")->rewritten);
}

TEST_P(LibraryWatchTest, AnOverwriteInPlaceIsToldAsRewritten) {
  folder_.Write("a", "old");
  Start();
  const int before = mirror_.Count("a");
  folder_.Write("a", "new");
  Catch();
  EXPECT_GT(mirror_.Count("a"), before);
  if (Polled()) return;
  EXPECT_TRUE(mirror_.Last("a")->rewritten);
}

TEST_P(LibraryWatchTest, AChangeOfModeIsToldAndNotAsRewritten) {
  if (Polled()) return;
  folder_.Write("a", "x");
  Start();
  ASSERT_EQ(chmod(folder_.Full("a").c_str(), 0600), 0);
  Catch();
  EXPECT_EQ(mirror_.Count("a"), 2);
  EXPECT_FALSE(mirror_.Last("a")->rewritten);
}

TEST_P(LibraryWatchTest, AnAtomicSaveIsToldAsTheNewFile) {
  folder_.Write("a", "old");
  Start();
  folder_.Write("a.tmp", "newer");
  folder_.Rename("a.tmp", "a");
  Catch();
  EXPECT_EQ(mirror_.files().at("a"), 5U);
  EXPECT_THAT(mirror_.paths(), ElementsAre("a"));
  EXPECT_EQ(mirror_.Count("a.tmp"), 0);
}

TEST_P(LibraryWatchTest, ADeletedFileIsGone) {
  folder_.Write("a", "x");
  Start();
  folder_.Remove("a");
  Catch();
  EXPECT_THAT(mirror_.paths(), IsEmpty());
}

TEST_P(LibraryWatchTest, ARenamedFileIsToldNewBeforeOldWithWhereItWas) {
  folder_.Write("a", "x");
  Start();
  folder_.Rename("a", "b");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("b"));
  if (Polled()) return;
  ASSERT_GE(mirror_.told().size(), 2U);
  const FileState& renamed = mirror_.told()[mirror_.told().size() - 2];
  EXPECT_EQ(renamed.path, "b");
  EXPECT_EQ(renamed.previous_path, "a");
  EXPECT_FALSE(renamed.rewritten);
  EXPECT_EQ(mirror_.told().back().path, "a");
}

TEST_P(LibraryWatchTest, ARenameOverAnotherFileReplacesIt) {
  folder_.Write("a", "1");
  folder_.Write("b", "22");
  Start();
  folder_.Rename("b", "a");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("a"));
  EXPECT_EQ(mirror_.files().at("a"), 2U);
}

TEST_P(LibraryWatchTest, AChainOfRenamesEndsAtTheLastName) {
  folder_.Write("a", "x");
  Start();
  folder_.Rename("a", "b");
  folder_.Rename("b", "c");
  folder_.Rename("c", "d");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("d"));
  if (Polled()) return;
  EXPECT_EQ(mirror_.Last("d")->previous_path, "a");
}

TEST_P(LibraryWatchTest, ARenamedDirectoryIsListedAnewAndStaysWatched) {
  folder_.MakeDirs("d/e");
  folder_.Write("d/e/a", "x");
  Start();
  folder_.Rename("d", "n");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("n/e/a"));
  EXPECT_EQ(mirror_.listings().back().reason, ListingReason::kDirectoryArrived);
  if (!Polled()) {
    EXPECT_EQ(mirror_.listings().back().scope, "n");
  }
  folder_.Write("n/e/b", "x");
  folder_.Write("n/c", "x");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("n/c", "n/e/a", "n/e/b"));
  EXPECT_EQ(Observed(), 3U);
}

TEST_P(LibraryWatchTest, AFileStillSettlingIsNotLostWhenItsDirectoryIsRenamed) {
  folder_.MakeDirs("d");
  Start();
  folder_.Write("d/a", "x");
  folder_.Rename("d", "n");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("n/a"));
}

TEST_P(LibraryWatchTest, ADirectoryMovedAwayTakesItsFilesAndItsWatches) {
  const TempFolder outside;
  folder_.MakeDirs("d/e");
  folder_.Write("d/e/a", "x");
  folder_.Write("b", "x");
  Start();
  ASSERT_EQ(rename(folder_.Full("d").c_str(), outside.Full("d").c_str()), 0);
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("b"));
  EXPECT_TRUE(mirror_.Last("d")->subtree_absent);
  EXPECT_EQ(Observed(), 1U);
  outside.Write("d/e/other", "x");
  Catch();
  EXPECT_EQ(mirror_.Count("d/e/other"), 0);
}

TEST_P(LibraryWatchTest, ADirectoryMovedInIsListedAndWatched) {
  const TempFolder outside;
  outside.MakeDirs("d/e");
  outside.Write("d/e/a", "x");
  Start();
  ASSERT_EQ(rename(outside.Full("d").c_str(), folder_.Full("d").c_str()), 0);
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("d/e/a"));
  folder_.Write("d/e/b", "x");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("d/e/a", "d/e/b"));
}

TEST_P(LibraryWatchTest, AFileMovedInOrAwayIsThereOrGone) {
  const TempFolder outside;
  outside.Write("in", "x");
  folder_.Write("out", "x");
  Start();
  ASSERT_EQ(rename(outside.Full("in").c_str(), folder_.Full("in").c_str()), 0);
  ASSERT_EQ(rename(folder_.Full("out").c_str(), outside.Full("out").c_str()), 0);
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("in"));
}

TEST_P(LibraryWatchTest, ADeletedTreeIsGone) {
  folder_.MakeDirs("d/e/f");
  folder_.Write("d/e/f/a", "x");
  folder_.Write("d/b", "x");
  Start();
  folder_.Remove("d");
  Catch();
  EXPECT_THAT(mirror_.paths(), IsEmpty());
  EXPECT_EQ(Observed(), 1U);
}

TEST_P(LibraryWatchTest, FilesWrittenRightAfterTheirDirectoriesAreMadeAreAllTold) {
  Start();
  for (int i = 0; i < 50; ++i) {
    const std::string path = "d" + std::to_string(i) + "/e/f/g";
    folder_.MakeDirs(path);
    folder_.Write(path + "/a", "x");
  }
  Catch();
  EXPECT_EQ(mirror_.files().size(), 50U);
}

TEST_P(LibraryWatchTest, ADirectoryReplacedByAnEmptyOneOfItsNameIsEmptied) {
  folder_.MakeDirs("d");
  folder_.Write("d/a", "x");
  Start();
  folder_.Rename("d", "n");
  folder_.MakeDirs("d");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("n/a"));
}

TEST_P(LibraryWatchTest, ADirectoryReplacedByAFileOfItsNameIsThatFile) {
  folder_.MakeDirs("d");
  folder_.Write("d/a", "x");
  Start();
  folder_.Remove("d");
  folder_.Write("d", "x");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("d"));
}

TEST_P(LibraryWatchTest, AFileReplacedByADirectoryOfItsNameIsThatDirectory) {
  folder_.Write("d", "x");
  Start();
  folder_.Remove("d");
  folder_.MakeDirs("d");
  folder_.Write("d/a", "x");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("d/a"));
}

TEST_P(LibraryWatchTest, TwoDirectoriesThatSwapNamesKeepTheirFiles) {
  folder_.MakeDirs("a");
  folder_.MakeDirs("b");
  folder_.Write("a/1", "x");
  folder_.Write("b/2", "x");
  Start();
  folder_.Rename("a", "c");
  folder_.Rename("b", "a");
  folder_.Rename("c", "b");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("a/2", "b/1"));
  folder_.Write("a/3", "x");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("a/2", "a/3", "b/1"));
}

TEST_P(LibraryWatchTest, IgnoredNamesAreNeverToldAndTakeNoWatch) {
  Start();
  folder_.MakeDirs(".git/objects");
  folder_.Write(".git/objects/a", "x");
  folder_.MakeDirs("node_modules");
  folder_.Write("node_modules/b", "x");
  folder_.Write(".hidden", "x");
  folder_.Write("a.tmp", "x");
  Catch();
  EXPECT_THAT(mirror_.told(), IsEmpty());
  EXPECT_EQ(Observed(), 1U);
}

TEST_P(LibraryWatchTest, AnIgnoredDirectoryRenamedToAPlainNameArrives) {
  folder_.MakeDirs(".d");
  folder_.Write(".d/a", "x");
  Start();
  folder_.Rename(".d", "d");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("d/a"));
  folder_.Rename("d", ".d");
  Catch();
  EXPECT_THAT(mirror_.paths(), IsEmpty());
}

TEST_P(LibraryWatchTest, OddNamesSurvive) {
  Start();
  folder_.Write("\xff\xfe.jpg", "1");
  folder_.Write("new\nline", "2");
  folder_.Write("back\\slash", "3");
  folder_.MakeDirs("d\xff");
  folder_.Write("d\xff/%_", "4");
  Catch();
  EXPECT_THAT(mirror_.paths(),
              UnorderedElementsAre("\\xff\\xfe.jpg", "new\nline", "back\\\\slash", "d\\xff/%_"));
}

TEST_P(LibraryWatchTest, LinksAndSpecialFilesAreNotPresent) {
  folder_.Write("replaced", "x");
  Start();
  ASSERT_EQ(symlink("replaced", folder_.Full("link").c_str()), 0);
  ASSERT_EQ(mkfifo(folder_.Full("fifo").c_str(), 0600), 0);
  ASSERT_EQ(link(folder_.Full("replaced").c_str(), folder_.Full("hard").c_str()), 0);
  folder_.Remove("replaced");
  ASSERT_EQ(symlink("hard", folder_.Full("replaced").c_str()), 0);
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("hard"));
}

TEST_P(LibraryWatchTest, ReadingMakesNoEvent) {
  folder_.MakeDirs("d");
  folder_.Write("d/a", "x");
  Start();
  const std::uint64_t before = watch_->event_count();
  std::ifstream file(folder_.Full("d/a"));
  std::string content;
  file >> content;
  Catch();
  EXPECT_EQ(watch_->event_count(), before);
}

INSTANTIATE_TEST_SUITE_P(Modes, LibraryWatchTest,
                         testing::Values(WatchMode::kAuto, WatchMode::kPoll), ModeName);

}  // namespace
}  // namespace hestia
