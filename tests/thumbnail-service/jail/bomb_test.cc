// Small files that ask for much get a verdict, or a thumbnail of what is real in them, and
// never more memory than one image may use.

#include <limits>

#include "tests/thumbnail-service/jail/bombs.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
constexpr std::int64_t kMemory = std::int64_t{512} << 20;
// The programs themselves: OpenImageIO's libraries, code and all.
constexpr std::uint64_t kProgramKib = 256 << 10;

RenderLimits Limits() {
  RenderLimits limits;
  limits.max_memory_bytes = kMemory;
  return limits;
}

class BombTest : public RenderingTest {
 protected:
  BombTest() : RenderingTest(BuiltRenderers(), Limits()) {}
};

TEST_F(BombTest, EachEndsAsAVerdictOrAThumbnailWithinItsMemory) {
  for (const Bomb& bomb : MakeBombs()) {
    SCOPED_TRACE(bomb.name);
    const absl::Status status = Render(bomb.bytes).status();
    if (!bomb.reason.empty()) {
      EXPECT_EQ(Reason(status), bomb.reason) << status;
    } else if (!status.ok()) {
      const std::string reason = Reason(status);
      EXPECT_TRUE(reason == "TOO_LARGE" || reason == "DECODE_FAILED" || reason == "TIMED_OUT" ||
                  reason == "UNSUPPORTED_FORMAT")
          << status;
    }
    EXPECT_LE(renderer_.last_cost().peak_rss_kib,
              static_cast<std::uint64_t>(kMemory) / 1024 + kProgramKib);
  }
  ExpectUprightFourCorners(Thumbnail(MakePng(FourCorners(300, 200))));
}

class LittleMemoryTest : public RenderingTest {
 protected:
  LittleMemoryTest() : RenderingTest(BuiltRenderers(), Limits()) {}
  static RenderLimits Limits() {
    RenderLimits limits = Unhurried();
    limits.max_memory_bytes = std::int64_t{64} << 20;
    // Blank pictures of few bytes are what uses it up here.
    limits.max_ratio = std::numeric_limits<std::int64_t>::max();
    return limits;
  }
  void ExpectTooLarge(const std::string& bytes) {
    const absl::Status status = Render(bytes).status();
    EXPECT_EQ(Reason(status), "TOO_LARGE") << status;
    EXPECT_EQ(status.message(), "needs more memory than one image may use");
  }
};

TEST_F(LittleMemoryTest, MemoryThatRunsOutIsAVerdictAndTheNextImageIsRendered) {
#if defined(HESTIA_SANITIZED)
  GTEST_SKIP() << "memory is not limited in sanitized builds";
#endif
  ExpectTooLarge(InterlacedPng(10'000, 10'000));
  ExpectTooLarge(GifCanvas(8000, 8000));
  ExpectUprightFourCorners(Thumbnail(MakePng(FourCorners(300, 200))));
}
}  // namespace
}  // namespace hestia
