// Writers that take their time, never close, or write past the kernel's events.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>

#include <absl/synchronization/mutex.h>
#include <gmock/gmock.h>

#include "common/monotonic_clock.h"
#include "tests/watcher-service/watched_library.h"

namespace hestia {
namespace {

constexpr std::size_t kPage = 4096;

class HalfWrittenFilesTest : public WatchedLibraryModesTest {
 protected:
  // Takes what is told, a Sync at a time, until `told`.
  template <typename Condition>
  bool CatchUntil(Condition told) {
    const absl::Duration deadline = MonotonicNow() + absl::Seconds(30);
    while (!told()) {
      if (MonotonicNow() > deadline) return false;
      Catch();
    }
    return true;
  }
};

TEST_P(HalfWrittenFilesTest, ASlowCopyIsToldOnceAtItsEnd) {
  if (Polled()) return;  // only an event tells of a close
  WatchOptions options = QuickOptions();
  // No pause of the copy is this long, however slow the machine.
  options.timing.still = absl::Minutes(10);
  Start(options);
  std::ofstream copy(folder_.Full("a"));
  const std::string piece(64 << 10, 'x');
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t before = watch_->event_count();
    copy << piece << std::flush;
    // Each piece is seen by itself and makes the file neither told nor forgotten.
    while (watch_->event_count() == before) {
    }
    Drain();
    ASSERT_EQ(mirror_.Count("a"), 0);
  }
  copy.close();
  Catch();
  EXPECT_EQ(mirror_.Count("a"), 1);
  EXPECT_EQ(mirror_.files().at("a"), 20 * piece.size());
  EXPECT_TRUE(mirror_.Last("a")->rewritten);
}

// Whether anything is put into a feed.
class News final : public FeedListener {
 public:
  explicit News(LibraryFeed& feed) : feed_(feed) { feed_.AddListener(this); }
  ~News() { feed_.RemoveListener(this); }
  void OnFeedNews() override {
    absl::MutexLock lock(&mu_);
    came_ = true;
  }
  bool Within(absl::Duration patience) {
    absl::MutexLock lock(&mu_);
    return mu_.AwaitWithTimeout(absl::Condition(&came_), patience);
  }

 private:
  LibraryFeed& feed_;
  absl::Mutex mu_;
  bool came_ ABSL_GUARDED_BY(mu_) = false;
};

TEST_P(HalfWrittenFilesTest, ACopyAt64KiBASecondIsToldOnceAtItsEnd) {
  if (Polled()) return;  // only an event tells of a close
  WatchOptions options = QuickOptions();
  // The test itself may be held up; that the default suffices is shown with a clock of its own.
  options.timing.still = absl::Seconds(20);
  Start(options);
  News news(watch_->feed());
  std::ofstream copy(folder_.Full("a"));
  const std::string piece(16 << 10, 'x');
  for (int i = 0; i < 16; ++i) {
    copy << piece << std::flush;
    ASSERT_FALSE(news.Within(absl::Milliseconds(250)));
  }
  copy.close();
  EXPECT_TRUE(news.Within(absl::Seconds(30)));
  Catch();
  EXPECT_EQ(mirror_.Count("a"), 1);
  EXPECT_EQ(mirror_.files().at("a"), 16 * piece.size());
}

TEST_P(HalfWrittenFilesTest, AListingMeanwhileSaysThatAFileIsBeingWritten) {
  Start();
  std::ofstream copy(folder_.Full("a"));
  copy << "begun" << std::flush;
  ASSERT_TRUE(watch_->Rescan().ok());
  ASSERT_TRUE(CatchUntil([this] { return mirror_.paths().contains("a"); }));
  // Told at rest in the end, when it had stood still, though no one closed it.
  EXPECT_FALSE(mirror_.Last("a")->settling);
  copy << " and done" << std::flush;
  copy.close();
  ASSERT_TRUE(CatchUntil([this] { return mirror_.files().at("a") == 14U; }));
}

// A file that is mapped, and open in no other way.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path) {
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    EXPECT_EQ(ftruncate(fd, kPage), 0);
    page_ = static_cast<char*>(mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    EXPECT_NE(page_, MAP_FAILED);
    close(fd);
  }
  ~MappedFile() { Unmap(); }
  // `after`: the file's modification before. The kernel dates a mapping's write by its clock's
  // last tick, so that must have passed.
  void Write(absl::Time after) {
    while (absl::Now() < after + absl::Milliseconds(50)) {
    }
    page_[0] = 'x';
    EXPECT_EQ(msync(page_, kPage, MS_SYNC), 0);
  }
  void Unmap() {
    if (page_ == nullptr) return;
    EXPECT_EQ(munmap(page_, kPage), 0);
    page_ = nullptr;
  }

 private:
  char* page_ = nullptr;
};

TEST_P(HalfWrittenFilesTest, WhatIsWrittenThroughAMappingIsToldWhenItIsUnmapped) {
  MappedFile file(folder_.Full("a"));
  Start();
  const absl::Time before = mirror_.Last("a")->modified_at;
  file.Write(before);
  Catch();
  if (!Polled()) {
    EXPECT_EQ(mirror_.Last("a")->modified_at, before) << "no event tells of it";
    file.Unmap();
    Catch();
  }
  EXPECT_GT(mirror_.Last("a")->modified_at, before);
}

TEST_P(HalfWrittenFilesTest, WhatAMappingThatStaysWritesIsToldByTheReconcile) {
  WatchOptions options = QuickOptions();
  options.reconcile_interval = absl::Milliseconds(100);
  options.poll_interval = absl::Hours(1);
  MappedFile file(folder_.Full("a"));
  Start(options);
  const absl::Time before = mirror_.Last("a")->modified_at;
  file.Write(before);
  const absl::Duration deadline = MonotonicNow() + absl::Seconds(30);
  while (mirror_.Last("a")->modified_at == before && MonotonicNow() < deadline) Drain();
  EXPECT_GT(mirror_.Last("a")->modified_at, before);
}

TEST_P(HalfWrittenFilesTest, WhatIsWrittenPastThePageCacheIsToldWhenItIsClosed) {
  Start();
  const int fd = open(folder_.Full("a").c_str(), O_WRONLY | O_CREAT | O_DIRECT | O_CLOEXEC, 0644);
  if (fd < 0) GTEST_SKIP() << "this file system has no O_DIRECT";
  const std::unique_ptr<void, decltype(&free)> block(aligned_alloc(kPage, kPage), &free);
  for (int i = 0; i < 8; ++i) {
    ASSERT_EQ(write(fd, block.get(), kPage), static_cast<ssize_t>(kPage));
  }
  close(fd);
  Catch();
  EXPECT_EQ(mirror_.files().at("a"), 8 * kPage);
}

INSTANTIATE_TEST_SUITE_P(Modes, HalfWrittenFilesTest,
                         testing::Values(WatchMode::kAuto, WatchMode::kPoll), ModeName);

}  // namespace
}  // namespace hestia
