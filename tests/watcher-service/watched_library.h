#ifndef HESTIA_TESTS_WATCHER_SERVICE_WATCHED_LIBRARY_H_
#define HESTIA_TESTS_WATCHER_SERVICE_WATCHED_LIBRARY_H_

#include <memory>
#include <optional>
#include <string>

#include <absl/status/statusor.h>
#include <absl/synchronization/notification.h>
#include <gtest/gtest.h>

#include "tests/watcher-service/mirror.h"
#include "tests/watcher-service/temp_folder.h"
#include "watcher-service/feed/frame_builder.h"
#include "watcher-service/watch/library_watch.h"

namespace hestia {

// A library on a real folder with a subscriber that takes everything when told to.
class WatchedLibraryTest : public testing::Test {
 protected:
  // What stands still here does so soon: no test is about the length of a wait.
  static WatchOptions QuickOptions(WatchMode mode = WatchMode::kAuto) {
    WatchOptions options;
    options.mode = mode;
    // Rounds come when a Sync asks for one, and by themselves now and then.
    options.poll_interval = absl::Milliseconds(200);
    options.ignore = ParseIgnorePolicy("*.tmp,*~,.*,node_modules");
    options.timing.still = absl::Milliseconds(300);
    options.root_check_interval = absl::Milliseconds(20);
    return options;
  }

  void Start(WatchOptions options = QuickOptions()) {
    watch_ = LibraryWatch::Create({"test", folder_.path()}, true, std::move(options)).value();
    ASSERT_TRUE(watch_->AwaitFirstWalk());
    builder_.emplace(watch_->feed(), watch_->ignore(), std::nullopt);
    Catch();
  }

  absl::StatusOr<SyncResult> Sync() {
    absl::Notification called;
    absl::StatusOr<SyncResult> result = absl::UnknownError("not called");
    watch_->Sync([&](const absl::StatusOr<SyncResult>& answer) {
      result = answer;
      called.Notify();
    });
    called.WaitForNotification();
    return result;
  }

  static void Stop(LibraryWatch& watch) {
    watch.End(absl::CancelledError("done"));
    EXPECT_TRUE(watch.AwaitEnd(absl::InfiniteDuration()));
  }

  // Everything done so far is in the mirror afterwards.
  void Catch() {
    const absl::StatusOr<SyncResult> synced = Sync();
    ASSERT_TRUE(synced.ok()) << synced.status();
    Drain();
    ASSERT_TRUE(mirror_.cursor().has_value());
    EXPECT_EQ(mirror_.cursor()->epoch, synced->cursor.epoch);
    EXPECT_GE(mirror_.cursor()->sequence, synced->cursor.sequence);
  }

  void Drain() {
    while (builder_->HasWork()) {
      if (const std::optional<Frame> frame = builder_->Next()) mirror_.Apply(*frame);
    }
  }

  TempFolder folder_;
  std::shared_ptr<LibraryWatch> watch_;
  std::optional<FrameBuilder> builder_;
  Mirror mirror_;
};

// The same, once with the kernel's events and once with polling forced.
class WatchedLibraryModesTest : public WatchedLibraryTest,
                                public testing::WithParamInterface<WatchMode> {
 protected:
  static bool Polled() { return GetParam() == WatchMode::kPoll; }
  static WatchOptions QuickOptions() { return WatchedLibraryTest::QuickOptions(GetParam()); }
  void Start() { WatchedLibraryTest::Start(QuickOptions()); }
  void Start(WatchOptions options) { WatchedLibraryTest::Start(std::move(options)); }
  // How many directories are observed.
  std::uint64_t Observed() const {
    const WatchStatus status = watch_->status();
    return status.watched_directories + status.polled_directories;
  }
};

inline std::string ModeName(const testing::TestParamInfo<WatchMode>& info) {
  return info.param == WatchMode::kPoll ? "Polled" : "Events";
}

}  // namespace hestia

#endif  // HESTIA_TESTS_WATCHER_SERVICE_WATCHED_LIBRARY_H_
