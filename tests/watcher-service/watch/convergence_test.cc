#include <fcntl.h>
#include <stdio.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <system_error>
#include <tuple>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "tests/watcher-service/watched_library.h"

namespace hestia {
namespace {

namespace fs = std::filesystem;

// Does what people and programs do to folders, at random but the same for one seed.
class ConvergenceTest : public WatchedLibraryTest,
                        public testing::WithParamInterface<std::tuple<WatchMode, unsigned>> {
 protected:
  static unsigned Seed() { return std::get<1>(GetParam()); }
  std::size_t Draw(std::size_t below) { return random_() % below; }
  // A path of one to three short components, so that collisions are common.
  std::string AnyPath() {
    std::string path = absl::StrCat("n", Draw(4));
    for (std::size_t depth = Draw(3); depth > 0; --depth) absl::StrAppend(&path, "/n", Draw(4));
    return path;
  }

  void DoSomething() {
    std::error_code refused;
    const std::string path = folder_.Full(AnyPath());
    switch (Draw(9)) {
      case 0:
      case 1:
        fs::create_directories(path, refused);
        break;
      case 2:
        fs::remove_all(path, refused);
        break;
      case 3:
      case 4:
        fs::rename(path, folder_.Full(AnyPath()), refused);
        break;
      case 5:
        fs::rename(path, outside_.Full("moved"), refused);
        fs::rename(outside_.Full("moved"), folder_.Full(AnyPath()), refused);
        fs::remove_all(outside_.Full("moved"), refused);
        break;
      case 6:
        renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, folder_.Full(AnyPath()).c_str(),
                  RENAME_EXCHANGE);
        break;
      default:
        fs::create_directories(fs::path(path).parent_path(), refused);
        if (!fs::is_directory(path)) std::ofstream(path) << std::string(Draw(100), 'x');
    }
  }

  // Finds directories that lost their watch: only an event tells of these files.
  void WriteIntoEveryDirectory() const {
    std::set<std::string> directories = {folder_.path()};
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder_.path())) {
      if (entry.is_directory()) directories.insert(entry.path().string());
    }
    for (const std::string& directory : directories) {
      std::ofstream(absl::StrCat(directory, "/m", generation_)) << "x";
    }
    ++generation_;
  }

  std::set<std::string> OnDisk() const {
    std::set<std::string> paths;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder_.path())) {
      if (!entry.is_regular_file()) continue;
      paths.insert(entry.path().string().substr(folder_.path().size() + 1));
    }
    return paths;
  }

  std::mt19937 random_{Seed()};
  mutable int generation_ = 0;
  TempFolder outside_;
};

TEST_P(ConvergenceTest, WhenWritesStopASubscriberKnowsExactlyWhatIsOnTheDisk) {
  WatchOptions options = QuickOptions(std::get<0>(GetParam()));
  options.timing.quiet = absl::Milliseconds(5);
  Start(options);
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 100; ++i) {
      DoSomething();
      // Frames built in mid-change, too.
      if (i % 10 == 0) Drain();
    }
    Catch();
    ASSERT_EQ(mirror_.paths(), OnDisk()) << "seed " << Seed() << " round " << round;
    WriteIntoEveryDirectory();
    Catch();
    ASSERT_EQ(mirror_.paths(), OnDisk()) << "a directory without a watch, seed " << Seed()
                                         << " round " << round;
    for (const auto& [path, size] : mirror_.files()) {
      ASSERT_EQ(size, fs::file_size(folder_.Full(path))) << path;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ConvergenceTest,
                         testing::Combine(testing::Values(WatchMode::kAuto),
                                          testing::Range(1U, 21U)));
INSTANTIATE_TEST_SUITE_P(SeedsPolled, ConvergenceTest,
                         testing::Combine(testing::Values(WatchMode::kPoll),
                                          testing::Range(1U, 11U)));

}  // namespace
}  // namespace hestia
