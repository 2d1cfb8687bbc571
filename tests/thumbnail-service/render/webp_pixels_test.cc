#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
using WebpPixelsTest = RenderingTest;

TEST_F(WebpPixelsTest, LossyAndLosslessFilesAreRead) {
  for (const bool lossless : {false, true}) {
    WebpOptions options;
    options.lossless = lossless;
    for (const int width : {33, 300, 1501}) {
      ExpectUprightFourCorners(Thumbnail(MakeWebp(FourCorners(width, 203), options)));
      ExpectUprightFourCorners(JpegThumbnail(MakeWebp(FourCorners(width, 203), options)));
    }
  }
}

TEST_F(WebpPixelsTest, AlphaIsKept) {
  for (const bool lossless : {false, true}) {
    WebpOptions options;
    options.lossless = lossless;
    options.alpha = true;
    Pixels pixels = Plain(800, 600, {40, 50, 220, 128});
    for (int y = 0; y < 600; ++y) {
      for (int x = 0; x < 400; ++x) pixels.At(x, y) = {0, 255, 0, 0};
    }
    const Pixels thumbnail = Thumbnail(MakeWebp(pixels, options));
    EXPECT_EQ(thumbnail.At(10, 40).alpha, 0);
    EXPECT_TRUE(Near(thumbnail.At(100, 40), {40, 50, 220, 128}));
  }
}

TEST_F(WebpPixelsTest, LightsAndShadowsAreKeptInBothFormats) {
  for (const int level : {0, 8, 247, 255}) {
    const Rgba grey{level, level, level};
    const std::string webp = MakeWebp(Plain(900, 900, grey));
    EXPECT_TRUE(Near(Thumbnail(webp).At(64, 64), grey, 3));
    EXPECT_TRUE(Near(JpegThumbnail(webp).At(64, 64), grey, 3));
  }
}

TEST_F(WebpPixelsTest, AnAnimationIsItsFirstFrame) {
  const std::string webp = MakeAnimatedWebp(FourCorners(400, 300), 0, 0, Plain(400, 300, kRed));
  ExpectUprightFourCorners(Thumbnail(webp));
}

TEST_F(WebpPixelsTest, ABlankFirstFrameIsPassedOver) {
  for (const Rgba& blank : {kBlue, Rgba{255, 255, 255}}) {
    const std::string webp = MakeAnimatedWebp(Plain(400, 300, blank), 0, 0, FourCorners(400, 300));
    ExpectUprightFourCorners(Thumbnail(webp));
  }
  const std::string blank = MakeAnimatedWebp(Plain(400, 300, kBlue), 0, 0, Plain(400, 300, kRed));
  EXPECT_TRUE(Near(Thumbnail(blank).At(60, 40), kBlue));
}

TEST_F(WebpPixelsTest, AFirstFrameSmallerThanTheCanvasStaysInItsPlace) {
  const Pixels thumbnail =
      Thumbnail(MakeAnimatedWebp(Plain(100, 100, kBlue), 200, 100, Plain(400, 200, kRed)), 400);
  EXPECT_EQ(thumbnail.width, 400);
  EXPECT_EQ(thumbnail.At(50, 50).alpha, 0);
  EXPECT_TRUE(Near(thumbnail.At(250, 150), kBlue));
  EXPECT_EQ(thumbnail.At(350, 150).alpha, 0);
}
}  // namespace
}  // namespace hestia
