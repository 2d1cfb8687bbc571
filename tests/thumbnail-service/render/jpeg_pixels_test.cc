#include <cmath>
#include <utility>

#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
using JpegPixelsTest = RenderingTest;

TEST_F(JpegPixelsTest, EverySamplingIsRead) {
  for (const auto& [h, v] : {std::pair{1, 1}, {2, 1}, {1, 2}, {2, 2}, {4, 1}, {4, 2}}) {
    JpegOptions options;
    options.luma_h = h;
    options.luma_v = v;
    SCOPED_TRACE(testing::Message() << h << "x" << v);
    for (const int width : {64, 301, 1203}) {
      ExpectUprightFourCorners(Thumbnail(MakeJpeg(FourCorners(width, 401), options)));
    }
  }
}

TEST_F(JpegPixelsTest, ProgressiveFilesAreRead) {
  JpegOptions options;
  options.progressive = true;
  ExpectUprightFourCorners(Thumbnail(MakeJpeg(FourCorners(1000, 700), options)));
}

// Waves of all lengths in both directions, in each channel others.
Pixels Waves(int width, int height) {
  Pixels pixels = Plain(width, height, {});
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double a = std::sin(x * x / (3.0 * width)) * std::sin(y * y / (3.0 * height));
      const double b = std::sin(x / 19.0 + y / 7.0);
      pixels.At(x, y) = {static_cast<int>(127 + 90 * a), static_cast<int>(127 + 60 * (a + b)),
                         static_cast<int>(127 + 90 * b), 255};
    }
  }
  return pixels;
}

constexpr double kFortyDecibels = 6.5;

// A progressive file is left when the rest of its scans could hardly be seen, even in a picture
// that is full of hard waves; of the baseline file with the same coefficients all are there.
TEST_F(JpegPixelsTest, WhatIsLeftOutOfAProgressiveFileCannotBeSeen) {
  const Pixels waves = Waves(1000, 750);
  for (const int sampling : {1, 2}) {
    for (const int box_px : {100, 190, 400}) {
      SCOPED_TRACE(testing::Message() << sampling << " " << box_px);
      JpegOptions options;
      options.luma_h = options.luma_v = sampling;
      const Pixels whole = Thumbnail(MakeJpeg(waves, options), box_px);
      options.progressive = true;
      const Pixels left = Thumbnail(MakeJpeg(waves, options), box_px);
      EXPECT_LT(MeanSquaredDifference(whole, left), kFortyDecibels);
    }
  }
}

// Coarse steps matter to the last bit, so every scan is read, the refining ones among coefficients
// that were not kept.
TEST_F(JpegPixelsTest, ACoarseProgressiveFileIsReadToItsEnd) {
  const Pixels waves = Waves(1000, 750);
  for (const int box_px : {190, 400, 900}) {
    SCOPED_TRACE(box_px);
    JpegOptions options;
    options.quality = 15;
    const Pixels whole = Thumbnail(MakeJpeg(waves, options), box_px);
    options.progressive = true;
    const Pixels left = Thumbnail(MakeJpeg(waves, options), box_px);
    EXPECT_LT(MeanSquaredDifference(whole, left), kFortyDecibels);
  }
}

// All its coefficients would have 36 MB.
TEST_F(JpegPixelsTest, OfAProgressiveFileOnlyWhatShowsIsKept) {
  JpegOptions options;
  options.luma_h = options.luma_v = 1;
  const Pixels waves = Waves(3000, 2000);
  ASSERT_TRUE(Render(MakeJpeg(waves, options), Recipes("one=256")).ok());
  const std::uint64_t baseline_kib = renderer_.last_cost().peak_rss_kib;
  options.progressive = true;
  ASSERT_TRUE(Render(MakeJpeg(waves, options), Recipes("one=256")).ok());
  EXPECT_LT(renderer_.last_cost().peak_rss_kib, baseline_kib + 12 * 1024);
}

TEST_F(JpegPixelsTest, TheScansOfAProgressiveFileThatAreNotNeededMayBeMissing) {
  JpegOptions options;
  options.progressive = true;
  const Pixels waves = Waves(1000, 750);
  std::string jpeg = MakeJpeg(waves, options);
  const Pixels whole = Thumbnail(jpeg, 100);
  jpeg.resize(jpeg.size() * 2 / 3);
  EXPECT_EQ(Thumbnail(jpeg, 100).colours, whole.colours);
  EXPECT_EQ(Reason(Render(jpeg, Recipes("one=1000")).status()), "DECODE_FAILED");
}

TEST_F(JpegPixelsTest, GreyFilesAreRead) {
  JpegOptions options;
  options.grey = true;
  options.luma_h = options.luma_v = 1;
  for (const int level : {0, 77, 255}) {
    const Rgba grey{level, level, level};
    const std::string jpeg = MakeJpeg(Plain(700, 500, grey), options);
    EXPECT_TRUE(Near(Thumbnail(jpeg).At(50, 50), grey, 2));
    EXPECT_TRUE(Near(JpegThumbnail(jpeg).At(50, 50), grey, 2));
  }
}

TEST_F(JpegPixelsTest, GreyFilesWithASamplingOfTwoAreRead) {
  JpegOptions options;
  options.grey = true;
  const Rgba grey{77, 77, 77};
  EXPECT_TRUE(Near(Thumbnail(MakeJpeg(Plain(333, 211, grey), options)).At(50, 50), grey, 2));
}

TEST_F(JpegPixelsTest, RestartMarkersAreFollowed) {
  JpegOptions options;
  options.restart_rows = 1;
  ExpectUprightFourCorners(Thumbnail(MakeJpeg(FourCorners(1000, 700), options)));
}

TEST_F(JpegPixelsTest, ArithmeticCodingIsRead) {
  JpegOptions options;
  options.arithmetic = true;
  for (const bool progressive : {false, true}) {
    options.progressive = progressive;
    ExpectUprightFourCorners(Thumbnail(MakeJpeg(FourCorners(1000, 700), options)));
  }
}

TEST_F(JpegPixelsTest, ImagesOfOddShapesAreRead) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 20'000}, {20'000, 1}, {65'500, 3}}) {
    SCOPED_TRACE(testing::Message() << width << "x" << height);
    const Pixels pixels = Thumbnail(MakeJpeg(Plain(width, height, kBlue)));
    EXPECT_EQ(pixels.width, width == 1 ? 1 : 128);
    EXPECT_EQ(pixels.height, height > 128 ? 128 : 1);
    EXPECT_TRUE(Near(pixels.At(pixels.width / 2, pixels.height / 2), kBlue));
  }
}

// WebP has limited range, JPEG full: planes handed over unchanged would lose both ends.
TEST_F(JpegPixelsTest, LightsAndShadowsAreKept) {
  for (const int level : {0, 8, 247, 255}) {
    const Rgba grey{level, level, level};
    const std::string jpeg = MakeJpeg(Plain(256, 256, grey));
    EXPECT_TRUE(Near(Thumbnail(jpeg).At(64, 64), grey, 2));
    EXPECT_TRUE(Near(JpegThumbnail(jpeg).At(64, 64), grey, 2));
  }
}

TEST_F(JpegPixelsTest, BytesBehindTheEndDoNotMatter) {
  ExpectUprightFourCorners(Thumbnail(MakeJpeg(FourCorners(300, 300)) + std::string(5000, 'x')));
}

TEST_F(JpegPixelsTest, AMissingEndMarkerDoesNotMatter) {
  for (const bool progressive : {false, true}) {
    JpegOptions options;
    options.progressive = progressive;
    std::string jpeg = MakeJpeg(FourCorners(300, 300), options);
    jpeg.resize(jpeg.size() - 2);
    ExpectUprightFourCorners(Thumbnail(jpeg));
  }
}
}  // namespace
}  // namespace hestia
