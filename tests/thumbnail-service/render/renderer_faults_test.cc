// What a decoder may do to itself, and to the service.

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
RenderLimits ShortTimeout() {
  RenderLimits limits;
  limits.timeout = absl::Milliseconds(300);
  return limits;
}

std::string Fault(absl::string_view word) {
  return absl::StrCat("\xff\xd8\xff", "FAULT:", word, ";");
}

class RendererFaultsTest : public RenderingTest {
 protected:
  explicit RendererFaultsTest(RenderLimits limits = Unhurried())
      : RenderingTest({HESTIA_FAULTY_RENDERER, HESTIA_FAULTY_WORKER}, limits) {}

  void ExpectStillWorks() { ExpectUprightFourCorners(Thumbnail(MakeJpeg(FourCorners(300, 200)))); }
  void ExpectCrash(const absl::Status& status, absl::string_view words) {
    EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
    EXPECT_EQ(Reason(status), "DECODER_CRASHED") << status;
    EXPECT_TRUE(absl::StrContains(status.message(), words)) << status;
  }
};

TEST_F(RendererFaultsTest, ACrashIsNamedByItsSignal) {
  ExpectCrash(Render(Fault("segv")).status(), "signal 11");
  ExpectCrash(Render(Fault("abort")).status(), "signal 6");
  ExpectStillWorks();
}

TEST_F(RendererFaultsTest, AnExitCodeIsACrash) {
  ExpectCrash(Render(Fault("exit")).status(), "exit code 7");
  ExpectStillWorks();
}

TEST_F(RendererFaultsTest, NoAnswerIsACrash) {
  ExpectCrash(Render(Fault("silent")).status(), "without an answer");
  ExpectStillWorks();
}

TEST_F(RendererFaultsTest, NothingOfTheServicesEnvironmentReachesAProgram) {
  const std::string pixmap = "P6\n1 1\n255\n";
  ASSERT_EQ(::setenv("HESTIA_DATABASE_URL", "a secret", 1), 0);
  for (const std::string& asked : {Fault("environment"), absl::StrCat(pixmap, "environment")}) {
    const absl::Status told = Render(asked).status();
    EXPECT_TRUE(absl::EndsWith(told.message(), "has GLIBC_TUNABLES=glibc.malloc.hugetlb=1.")) << told;
  }
  ::unsetenv("HESTIA_DATABASE_URL");
}

class LyingRendererTest : public RendererFaultsTest,
                          public testing::WithParamInterface<const char*> {};

TEST_P(LyingRendererTest, IsNotBelieved) {
  ExpectCrash(Render(Fault(GetParam())).status(), "");
  ExpectStillWorks();
}

TEST_F(RendererFaultsTest, AThumbnailThatDoesNotFillItsSquareIsNotBelieved) {
  ASSERT_TRUE(Render(Fault("fine"), Recipes("a=64")).ok()) << "5 x 4 pixels may be inside";
  ExpectCrash(Render(Fault("fine"), Recipes("a=64:webp:80:2:cover")).status(), "5 x 4");
  ExpectCrash(Render(Fault("fine"), Recipes("a=5:webp:80:2:contain")).status(), "5 x 4");
}

INSTANTIATE_TEST_SUITE_P(EveryLie, LyingRendererTest,
                         testing::Values("noise", "old", "outcome", "count", "huge", "outside",
                                         "overflow", "long", "dimensions", "empty", "magic",
                                         "toolarge", "longhash", "endlesshash", "nohash",
                                         "crookedhash", "colour"));

TEST_F(RendererFaultsTest, TheAnswerThatTheLiesSpoilIsBelievedWhole) {
  const absl::StatusOr<Rendering> rendering = Render(Fault("truth"));
  ASSERT_TRUE(rendering.ok()) << rendering.status();
  EXPECT_EQ(rendering->images[0].width_px, 5);
  EXPECT_EQ(rendering->images[0].height_px, 4);
}

class HungRendererTest : public RendererFaultsTest {
 protected:
  HungRendererTest() : RendererFaultsTest(ShortTimeout()) {}
};

TEST_F(HungRendererTest, IsKilledAtTheTimeoutAndTheSlotIsFree) {
  for (const char* fault : {"spin", "sleep"}) {
    const absl::Status status = Render(Fault(fault)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
    EXPECT_EQ(Reason(status), "TIMED_OUT");
    // The same launcher serves on: a verdict needs one more process of it.
    EXPECT_EQ(Reason(Render("\xff\xd8\xff").status()), "DECODE_FAILED");
  }
}

TEST_F(RendererFaultsTest, AWorkerThatCrashesIsReplaced) {
  ExpectCrash(Render("GIF89a segv").status(), "signal 11");
  const absl::Status status = Render("GIF89a").status();
  EXPECT_TRUE(absl::StrContains(status.message(), "request 1")) << status;
}

TEST_F(RendererFaultsTest, AWorkerIsReplacedAfterTwoHundredImages) {
  for (int i = 0; i < 401; ++i) {
    const absl::StatusOr<Rendering> rendering = Render("GIF89a fine");
    ASSERT_TRUE(rendering.ok()) << rendering.status();
    EXPECT_EQ(rendering->source_width_px, i % 200 + 1);
  }
}

TEST_F(RendererFaultsTest, AWorkerThatHasGrownIsReplaced) {
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(Render("GIF89a fine")->source_width_px, i);
  EXPECT_EQ(Render("GIF89a fine grow")->source_width_px, 4);
  EXPECT_EQ(Render("GIF89a fine")->source_width_px, 1);
}

TEST_F(RendererFaultsTest, AVerdictEndsTheWorker) {
  for (const char* source : {"GIF89a", "GIF89a leave"}) {
    for (int i = 0; i < 2; ++i) {
      const absl::Status status = Render(source).status();
      EXPECT_EQ(Reason(status), "DECODE_FAILED");
      EXPECT_TRUE(absl::StrContains(status.message(), "request 1")) << status;
    }
  }
}

TEST_F(RendererFaultsTest, AnAnswerBeforeTheQuestionIsNotTaken) {
  EXPECT_EQ(Reason(Render("GIF89a early").status()), "DECODE_FAILED");
  EXPECT_TRUE(absl::StrContains(Render("GIF89a").status().message(), "request 1"));
}

TEST_F(RendererFaultsTest, AnAnswerForAnotherImageIsACrash) {
  ExpectCrash(Render("GIF89a other").status(), "signal 9");
  EXPECT_TRUE(absl::StrContains(Render("GIF89a").status().message(), "request 1"));
}

TEST_F(RendererFaultsTest, WhatAProgramSaysIsMadePrintable) {
  EXPECT_EQ(Render("GIF89a").status().message(), "request 1??[31m");
}

TEST_F(HungRendererTest, AWorkerThatHangsIsKilledAndReplaced) {
  EXPECT_EQ(Reason(Render("GIF89a spin").status()), "TIMED_OUT");
  EXPECT_EQ(Reason(Render("GIF89a").status()), "DECODE_FAILED");
}
}  // namespace
}  // namespace hestia
