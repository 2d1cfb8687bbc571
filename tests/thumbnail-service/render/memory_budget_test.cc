#include "thumbnail-service/render/memory_budget.h"

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/synchronization/mutex.h>
#include <absl/synchronization/notification.h>

#include "common/named_thread.h"
#include "tests/thumbnail-service/render/jxl_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
constexpr std::int64_t kMiB = std::int64_t{1} << 20;
using Part = MemoryBudget::Part;

const std::atomic<bool> kNever = false;

void AwaitWaiting(const MemoryBudget& budget, int callers) {
  while (budget.waiting() != callers) std::this_thread::yield();
}

TEST(MemoryBudgetTest, EverySlotHasAShareAndNoneLessThanTheLeast) {
  EXPECT_EQ(MemoryBudget(800 * kMiB, 4).share_bytes(), 200 * kMiB);
  EXPECT_EQ(MemoryBudget(100 * kMiB, 4).share_bytes(), 64 * kMiB);
  EXPECT_EQ(MemoryBudget(1, 4).total_bytes(), 64 * kMiB);
  EXPECT_GT(UsualMemoryBudget(), 64 * kMiB);
}

TEST(MemoryBudgetTest, WhoeverWantsAllWaitsForTheOthersAndIsNotOvertaken) {
  MemoryBudget budget(400 * kMiB, 4);
  absl::Mutex mu;
  std::string order;
  const auto note = [&](char who) {
    absl::MutexLock lock(&mu);
    order += who;
  };
  std::optional<MemoryBudget::Grant> held = budget.Take(Part::kShare, kNever);
  NamedThread all("all", [&] {
    const auto grant = budget.Take(Part::kAll, kNever);
    note('A');
  });
  AwaitWaiting(budget, 1);
  // There would be room for it.
  NamedThread late("late", [&] {
    const auto grant = budget.Take(Part::kShare, kNever);
    note('l');
  });
  AwaitWaiting(budget, 2);
  note('h');
  held.reset();
  all.Join();
  late.Join();
  EXPECT_EQ(order, "hAl");
}

TEST(MemoryBudgetTest, SharesTogetherStayWithinTheBudget) {
  MemoryBudget budget(130 * kMiB, 8);
  std::optional<MemoryBudget::Grant> first = budget.Take(Part::kShare, kNever);
  std::optional<MemoryBudget::Grant> second = budget.Take(Part::kShare, kNever);
  absl::Notification third;
  NamedThread waits("waits", [&] {
    const auto grant = budget.Take(Part::kShare, kNever);
    third.Notify();
  });
  AwaitWaiting(budget, 1);
  EXPECT_FALSE(third.HasBeenNotified());
  first.reset();
  third.WaitForNotification();
  waits.Join();
}

TEST(MemoryBudgetTest, ACancelledCallerLeavesTheLine) {
  MemoryBudget budget(400 * kMiB, 4);
  std::atomic<bool> cancelled = false;
  const auto held = budget.Take(Part::kShare, kNever);
  bool granted = true;
  NamedThread all("all", [&] { granted = budget.Take(Part::kAll, cancelled).has_value(); });
  AwaitWaiting(budget, 1);
  cancelled = true;
  budget.Wake();
  all.Join();
  EXPECT_FALSE(granted);
  EXPECT_TRUE(budget.Take(Part::kShare, kNever).has_value());
}

// An interlaced PNG has to be held whole: 75 MB for this one, more than a share of 64 MiB.
std::string LargePng() {
  PngOptions options;
  options.interlaced = true;
  return MakePng(Plain(5000, 5000, kRed), options);
}

class SharedMemoryTest : public RenderingTest {
 protected:
  static RenderLimits Limits(std::int64_t max_memory_bytes) {
    RenderLimits limits = Unhurried();
    limits.max_memory_bytes = max_memory_bytes;
    return limits;
  }
  const std::shared_ptr<MemoryBudget> budget_ = std::make_shared<MemoryBudget>(400 * kMiB, 8);
};

TEST_F(SharedMemoryTest, AnImageLargerThanAShareWaitsUntilItIsAlone) {
#if defined(HESTIA_SANITIZED)
  GTEST_SKIP() << "sanitized programs need more address space than any limit";
#endif
  Renderer renderer(BuiltRenderers(), Limits(1500 * kMiB), nullptr, budget_);
  const SourceFile large = Source(LargePng());
  std::optional<MemoryBudget::Grant> neighbour = budget_->Take(Part::kShare, kNever);
  absl::Status status = absl::UnknownError("not rendered yet");
  NamedThread alone("alone", [&] { status = renderer.Render(large, DefaultRecipes()).status(); });
  AwaitWaiting(*budget_, 1);
  neighbour.reset();
  alone.Join();
  EXPECT_TRUE(status.ok()) << status;
}

// A decoder that calls a file damaged when it gets no memory.
TEST_F(SharedMemoryTest, AnImageWhoseDecoderDoesNotSayWhatItLacksIsTriedAloneToo) {
#if defined(HESTIA_SANITIZED)
  GTEST_SKIP() << "sanitized programs need more address space than any limit";
#endif
  Renderer renderer(BuiltRenderers(), Limits(1500 * kMiB), nullptr, budget_);
  const absl::Status status =
      renderer.Render(Source(MakeJxl(Plain(4000, 3000, kRed))), DefaultRecipes()).status();
  EXPECT_TRUE(status.ok()) << status;
}

// Nothing in the file tells what it will take, and the library ends its process where it gets none.
TEST_F(SharedMemoryTest, ADrawingWhoseLibraryEndsItsProcessIsTriedAloneToo) {
  Renderer renderer({HESTIA_FAULTY_RENDERER, HESTIA_FAULTY_WORKER}, Limits(1500 * kMiB), nullptr,
                    budget_);
  const std::string needs = absl::StrCat("abort below ", 200 * kMiB, "; fine");
  for (const std::string& file : {"%PDF-1.7\n" + needs, "<svg>" + needs + "</svg>",
                                  std::string("\x1a\x45\xdf\xa3") + needs}) {
    const absl::Status status = renderer.Render(Source(file), Recipes("a=64")).status();
    EXPECT_TRUE(status.ok()) << status;
  }
  const absl::Status hopeless =
      renderer.Render(Source("%PDF-1.7\nabort below 9000000000000;"), Recipes("a=64")).status();
  EXPECT_EQ(Reason(hopeless), "DECODER_CRASHED") << hopeless;
  const absl::Status tiff =
      renderer.Render(Source(absl::StrCat(std::string("II*\0", 4), needs)), Recipes("a=64"))
          .status();
  EXPECT_EQ(Reason(tiff), "DECODER_CRASHED") << tiff;
}

TEST_F(SharedMemoryTest, WhatTheJailEndsIsNotTriedAlone) {
#if defined(HESTIA_SANITIZED)
  GTEST_SKIP() << "a sanitized jail is wider";
#endif
  Renderer renderer({HESTIA_FAULTY_RENDERER, HESTIA_FAULTY_WORKER}, Limits(1500 * kMiB), nullptr,
                    budget_);
  const SourceFile tracing = Source("%PDF-1.7\nescape Traces;");
  std::optional<MemoryBudget::Grant> neighbour = budget_->Take(Part::kShare, kNever);
  absl::Status status;
  std::atomic<bool> ended = false;
  NamedThread tries("tries", [&] {
    status = renderer.Render(tracing, Recipes("a=64")).status();
    ended = true;
  });
  while (!ended && budget_->waiting() == 0) std::this_thread::yield();
  EXPECT_EQ(budget_->waiting(), 0) << "it waits to be alone";
  neighbour.reset();
  tries.Join();
  EXPECT_EQ(Reason(status), "DECODER_CRASHED") << status;
}

TEST_F(SharedMemoryTest, AnImageWithinItsShareDoesNotWaitForItsNeighbours) {
  Renderer renderer(BuiltRenderers(), Limits(1500 * kMiB), nullptr, budget_);
  const auto neighbour = budget_->Take(Part::kShare, kNever);
  EXPECT_TRUE(renderer.Render(Source(MakeJpeg(FourCorners(900, 600))), DefaultRecipes()).ok());
}

TEST_F(SharedMemoryTest, AnImageLargerThanOneMayBeIsAVerdictStill) {
#if defined(HESTIA_SANITIZED)
  GTEST_SKIP() << "sanitized programs need more address space than any limit";
#endif
  Renderer renderer(BuiltRenderers(), Limits(66 * kMiB), nullptr, budget_);
  const absl::Status status = renderer.Render(Source(LargePng()), DefaultRecipes()).status();
  EXPECT_EQ(Reason(status), "TOO_LARGE") << status;
  EXPECT_EQ(budget_->waiting(), 0);
}

TEST_F(SharedMemoryTest, ACancelledRenderStopsWaiting) {
#if defined(HESTIA_SANITIZED)
  GTEST_SKIP() << "sanitized programs need more address space than any limit";
#endif
  Renderer renderer(BuiltRenderers(), Limits(1500 * kMiB), nullptr, budget_);
  const SourceFile large = Source(LargePng());
  const auto neighbour = budget_->Take(Part::kShare, kNever);
  absl::Status status;
  NamedThread alone("alone", [&] { status = renderer.Render(large, DefaultRecipes()).status(); });
  AwaitWaiting(*budget_, 1);
  renderer.Cancel();
  alone.Join();
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
}
}  // namespace
}  // namespace hestia
