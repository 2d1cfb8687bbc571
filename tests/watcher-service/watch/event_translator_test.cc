// From the kernel's events to marks, with a clock that the test moves.
#include "watcher-service/watch/event_translator.h"

#include <fstream>
#include <memory>
#include <string>

#include <gmock/gmock.h>

#include "tests/watcher-service/mirror.h"
#include "tests/watcher-service/temp_folder.h"
#include "watcher-service/feed/frame_builder.h"

namespace hestia {
namespace {

class EventTranslatorTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto root =
        std::make_shared<const RootDirectory>(RootDirectory::Find(folder_.path()).value());
    tree_.Start(root);
    ASSERT_TRUE(tree_.Walk(100));
    feed_.Open(root);
    begin_ = feed_.head();
  }

  // Understands everything that happened so far, at `now`.
  void Understand(absl::Duration now) {
    const std::uint64_t flush = reader_->RequestFlush();
    std::uint64_t flushed = 0;
    while (flushed < flush) {
      const EventBuffer::Batch batch = reader_->Take(absl::InfiniteDuration());
      ASSERT_FALSE(batch.overflow);
      batch.ForEach([&](const RawEvent& event) { translator_.Handle(event, now); });
      flushed = batch.flushed;
    }
    translator_.Step(now);
  }
  std::vector<Mark> Marks() { return feed_.Take(begin_, 100).marks; }

  TempFolder folder_;
  const std::unique_ptr<InotifyReader> reader_ = *InotifyReader::Create("read-test", 10'000);
  const IgnorePolicy ignore_{{"*.tmp"}};
  WatchedTree tree_{*reader_, ignore_, {}};
  LibraryFeed feed_{{}, 1};
  EventTranslator translator_{tree_, feed_, ignore_, {}, 1000};
  Cursor begin_;
};

TEST_F(EventTranslatorTest, ACopyAt64KiBASecondMakesOneMarkAtItsEnd) {
  const std::string piece(16 << 10, 'x');
  constexpr absl::Duration kPause = absl::Milliseconds(250);
  absl::Duration now;
  std::ofstream copy(folder_.Full("a"));
  for (absl::Duration end = now + absl::Seconds(60); now < end; now += kPause) {
    copy << piece << std::flush;
    Understand(now);
    // At every moment at which something would be due until the next piece comes.
    while (translator_.NextDeadline() < now + kPause) {
      const absl::Duration due = translator_.NextDeadline();
      translator_.Step(due);
      ASSERT_GT(translator_.NextDeadline(), due);
    }
    ASSERT_THAT(Marks(), testing::IsEmpty()) << "after " << now;
  }
  copy.close();
  Understand(now);
  EXPECT_THAT(Marks(), testing::IsEmpty());
  translator_.Step(now + SettleSet::Timing{}.quiet);
  const std::vector<Mark> marks = Marks();
  ASSERT_EQ(marks.size(), 1U);
  EXPECT_EQ(marks[0].path, "a");
  EXPECT_NE(marks[0].rewritten_at, 0U);
  EXPECT_EQ(translator_.NextDeadline(), absl::InfiniteDuration());
}

TEST_F(EventTranslatorTest, AWriterThatStaysOpenIsToldWhenItHasStoodStill) {
  std::ofstream writer(folder_.Full("a"));
  writer << "x" << std::flush;
  Understand(absl::ZeroDuration());
  const SettleSet::Timing timing;
  translator_.Step(timing.quiet);
  translator_.Step(timing.quiet + timing.still - absl::Milliseconds(1));
  EXPECT_THAT(Marks(), testing::IsEmpty());
  translator_.Step(timing.quiet + timing.still);
  ASSERT_EQ(Marks().size(), 1U);
  EXPECT_EQ(Marks()[0].rewritten_at, 0U);
}

TEST_F(EventTranslatorTest, FilesThatASnapshotToldOfADirectoryNotYetWatchedAreToldAsGone) {
  folder_.MakeDirs("d/e");
  folder_.Write("d/e/f", "x");
  // The events of that still wait while a subscriber takes the snapshot.
  FrameBuilder builder(feed_, ignore_, std::nullopt);
  Mirror mirror;
  const auto drain = [&] {
    while (builder.HasWork()) {
      if (const std::optional<Frame> frame = builder.Next()) mirror.Apply(*frame);
    }
  };
  drain();
  ASSERT_EQ(mirror.paths().count("d/e/f"), 1U);
  folder_.Remove("d/e/f");
  Understand(absl::ZeroDuration());
  drain();
  EXPECT_THAT(mirror.paths(), testing::IsEmpty());
}

}  // namespace
}  // namespace hestia
