// Names and places that most programs never meet, with events and polled.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <string>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "common/path_text.h"
#include "tests/watcher-service/watched_library.h"

namespace hestia {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class AwkwardNamesTest : public WatchedLibraryModesTest {
 protected:
  // As raw bytes.
  std::set<std::string> RawPaths() const {
    std::set<std::string> raw;
    for (const std::string& path : mirror_.paths()) raw.insert(DecodePathText(path).value());
    return raw;
  }
};

TEST_P(AwkwardNamesTest, EveryByteButNulAndSlashComesThroughInNamesOfFilesAndDirectories) {
  std::set<std::string> wanted;
  const auto put = [&](int byte, const char* where) {
    const std::string name = absl::StrCat("n", std::string(1, static_cast<char>(byte)), "x");
    folder_.MakeDirs(absl::StrCat(where, "/", name));
    const std::string path = absl::StrCat(where, "/", name, "/", name);
    folder_.Write(path, "x");
    wanted.insert(path);
  };
  for (int byte = 1; byte < 256; ++byte) {
    if (byte != '/') put(byte, "before");
  }
  Start();
  EXPECT_EQ(RawPaths(), wanted);
  for (int byte = 1; byte < 256; ++byte) {
    if (byte != '/') put(byte, "after");
  }
  Catch();
  EXPECT_EQ(RawPaths(), wanted);
  folder_.Remove("before");
  folder_.Remove("after");
  Catch();
  EXPECT_THAT(mirror_.paths(), SizeIs(0));
}

TEST_P(AwkwardNamesTest, NamesMayHave255BytesOfAnyKind) {
  Start();
  const std::string plain(255, 'n');
  const std::string not_text(255, '\xff');
  const std::string lines(255, '\n');
  folder_.MakeDirs(not_text);
  for (const std::string& name : {plain, lines, not_text}) {
    folder_.Write(absl::StrCat(not_text, "/", name), "x");
  }
  Catch();
  EXPECT_EQ(RawPaths(), (std::set<std::string>{absl::StrCat(not_text, "/", lines),
                                               absl::StrCat(not_text, "/", plain),
                                               absl::StrCat(not_text, "/", not_text)}));
}

TEST_P(AwkwardNamesTest, ATreeMayBeAThousandLevelsDeep) {
  std::string path = "d";
  for (int level = 1; level < 1000; ++level) absl::StrAppend(&path, "/d");
  folder_.MakeDirs(path);
  folder_.Write(absl::StrCat(path, "/before"), "x");
  Start();
  EXPECT_EQ(Observed(), 1001U);
  folder_.Write(absl::StrCat(path, "/after"), "x");
  Catch();
  EXPECT_THAT(mirror_.paths(),
              ElementsAre(absl::StrCat(path, "/after"), absl::StrCat(path, "/before")));
  folder_.Rename("d", "e");
  Catch();
  path.front() = 'e';
  EXPECT_THAT(mirror_.paths(),
              ElementsAre(absl::StrCat(path, "/after"), absl::StrCat(path, "/before")));
  folder_.Remove("e");
  Catch();
  EXPECT_THAT(mirror_.paths(), SizeIs(0));
  EXPECT_EQ(Observed(), 1U);
}

TEST_P(AwkwardNamesTest, ADirectoryMayHoldAHundredThousandFiles) {
  constexpr int kFiles = 100'000;
  folder_.MakeDirs("wide");
  for (int i = 0; i < kFiles; ++i) folder_.Write(absl::StrCat("wide/", i), "");
  Start();
  ASSERT_EQ(mirror_.files().size(), static_cast<std::size_t>(kFiles));
  folder_.Write("wide/7", "longer");
  folder_.Remove("wide/8");
  folder_.Write("wide/new", "");
  Catch();
  EXPECT_EQ(mirror_.files().size(), static_cast<std::size_t>(kFiles));
  EXPECT_EQ(mirror_.files().at("wide/7"), 6U);
  EXPECT_FALSE(mirror_.files().contains("wide/8"));
  EXPECT_TRUE(mirror_.files().contains("wide/new"));
}

TEST_P(AwkwardNamesTest, APathTooLongToTellIsAProblemAndNeitherSettlesForEverNorHidesOthers) {
  // The longest path that can be told has 4,095 bytes.
  const std::string name(250, 'n');
  Start();
  int at = open(folder_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  std::string path;
  for (int level = 0; level < 16; ++level) {
    ASSERT_EQ(mkdirat(at, name.c_str(), 0755), 0);
    const int next = openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    close(at);
    at = next;
    absl::StrAppend(&path, level == 0 ? "" : "/", name);
  }
  ASSERT_EQ(path.size(), 4015U);
  const std::string longest(4095 - 4015 - 1, 'l');
  for (const std::string& file : {longest, longest + "l"}) {
    const int fd = openat(at, file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    ASSERT_EQ(write(fd, "x", 1), 1);
    close(fd);
  }
  ASSERT_EQ(mkdirat(at, name.c_str(), 0755), 0);
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre(absl::StrCat(path, "/", longest)));
  WatchStatus status = watch_->status();
  EXPECT_EQ(status.settling_files, 0U);
  EXPECT_EQ(status.state, WatchState::kDegraded);
  ASSERT_GE(status.problems.size(), 1U);
  EXPECT_EQ(status.problems[0].reason, ProblemReason::kPathTooLong);

  // Shortening one name high up is the remedy.
  folder_.Rename(name, "s");
  Catch();
  EXPECT_EQ(mirror_.files().size(), 2U);
  status = watch_->status();
  EXPECT_EQ(status.problem_count, 0U);
  EXPECT_EQ(status.state, WatchState::kWatching);
  close(at);
}

INSTANTIATE_TEST_SUITE_P(Modes, AwkwardNamesTest,
                         testing::Values(WatchMode::kAuto, WatchMode::kPoll), ModeName);

}  // namespace
}  // namespace hestia
