#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <string>

#include <gmock/gmock.h>

#include "tests/watcher-service/unprivileged.h"
#include "tests/watcher-service/watched_library.h"

namespace hestia {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

// Directories that the watcher's user may not read, with events and polled.
class PermissionsTest : public WatchedLibraryModesTest {
 protected:
  void Allow(const std::string& relative, mode_t mode) const {
    ASSERT_EQ(chmod(folder_.Full(relative).c_str(), mode), 0);
  }
};

TEST_P(PermissionsTest, AClosedDirectoryIsAProblemAndItsFilesAreNotTakenForGone) {
  folder_.MakeDirs("closed");
  folder_.MakeDirs("open");
  folder_.Write("closed/a", "x");
  folder_.Write("open/b", "x");
  Allow("open", 0777);
  WatchOptions options = QuickOptions();
  options.reconcile_interval = absl::ZeroDuration();
  std::optional<Unprivileged> unprivileged(std::in_place, folder_);
  Start(options);
  ASSERT_THAT(mirror_.paths(), ElementsAre("closed/a", "open/b"));
  unprivileged.reset();
  Allow("closed", 0);
  unprivileged.emplace(folder_);

  ASSERT_TRUE(watch_->Rescan().ok());
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("closed/a", "open/b"));
  EXPECT_EQ(watch_->status().state, WatchState::kDegraded);
  ASSERT_THAT(watch_->status().problems, SizeIs(1));
  EXPECT_EQ(watch_->status().problems[0].path, "closed");
  EXPECT_EQ(watch_->status().problems[0].reason, ProblemReason::kUnreadable);
  const auto rescan = std::find_if(mirror_.ends().rbegin(), mirror_.ends().rend(),
                                   [](const ListingEnd& end) {
                                     return end.scope.empty() && !end.unread.empty();
                                   });
  ASSERT_NE(rescan, mirror_.ends().rend());
  EXPECT_TRUE(rescan->complete);
  EXPECT_THAT(rescan->unread, ElementsAre("closed"));

  // What else is missing is gone all the same.
  folder_.Remove("open/b");
  ASSERT_TRUE(watch_->Rescan().ok());
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("closed/a"));

  unprivileged.reset();
  folder_.Write("closed/c", "x");
  Allow("closed", 0755);
  unprivileged.emplace(folder_);
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("closed/a", "closed/c"));
  EXPECT_EQ(watch_->status().state, WatchState::kWatching);
  Stop(*watch_);
}

INSTANTIATE_TEST_SUITE_P(Modes, PermissionsTest,
                         testing::Values(WatchMode::kAuto, WatchMode::kPoll), ModeName);

}  // namespace
}  // namespace hestia
