// Some fifty ways out of the jail. Each ends where it must, the service goes on, and the next
// image is the same to the byte.

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include "tests/thumbnail-service/jail/escapes.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
#if defined(HESTIA_SANITIZED)
constexpr bool kWholeJail = false;  // a sanitizer's runtime needs more calls
#else
constexpr bool kWholeJail = true;
#endif

RenderLimits SmallMemory() {
  RenderLimits limits = Unhurried();
  limits.max_memory_bytes = std::int64_t{128} << 20;
  return limits;
}

class EscapeTest : public RenderingTest, public testing::WithParamInterface<Escape> {
 protected:
  EscapeTest()
      : RenderingTest({HESTIA_FAULTY_RENDERER, HESTIA_FAULTY_WORKER}, SmallMemory()) {}

  void SetUp() override {
    if (!kWholeJail) GTEST_SKIP() << "a sanitized jail is wider";
  }

  std::string Golden() {
    const absl::StatusOr<Rendering> rendering = Render(MakeJpeg(FourCorners(300, 200)));
    EXPECT_TRUE(rendering.ok()) << rendering.status();
    std::string all;
    if (rendering.ok()) {
      for (const RenderedImage& image : rendering->images) all += image.data;
    }
    return all;
  }

  void ExpectFate(const absl::Status& status, Fate fate) {
    EXPECT_EQ(Reason(status), "DECODER_CRASHED") << status;
    const std::string end =
        fate == Fate::kKilled ? "signal 31" : absl::StrCat("exit code ", kRefusedCode);
    EXPECT_TRUE(absl::EndsWith(status.message(), end) ||
                absl::StrContains(status.message(), absl::StrCat(end, " (")))
        << status;
  }
};

TEST_P(EscapeTest, FromAnImagesProcessFails) {
  const std::string golden = Golden();
  const std::string image = absl::StrCat("\xff\xd8\xff", "FAULT:escape ", GetParam().name, ";");
  ExpectFate(Render(image).status(), GetParam().decoder);
  EXPECT_EQ(Golden(), golden);
}

TEST_P(EscapeTest, FromAWorkerFails) {
  if (GetParam().worker == Fate::kUntried) GTEST_SKIP() << "no way out of a worker";
  ExpectFate(Render(absl::StrCat("GIF89a escape ", GetParam().name, ";")).status(),
             GetParam().worker);
  const absl::Status next = Render("GIF89a").status();
  EXPECT_TRUE(absl::StrContains(next.message(), "request 1")) << next;
}

INSTANTIATE_TEST_SUITE_P(EveryWay, EscapeTest,
                         testing::ValuesIn(Escapes().begin(), Escapes().end()),
                         [](const auto& way) { return std::string(way.param.name); });
}  // namespace
}  // namespace hestia
