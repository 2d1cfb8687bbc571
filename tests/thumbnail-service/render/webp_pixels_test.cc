#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>

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

// Hard waves of two colours, so that no place is like another.
Pixels Waves(int width, int height) {
  Pixels pixels = Plain(width, height, {});
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double a = std::sin(x / 37.0 + y / 29.0) * std::sin(y * y / (40.0 * height));
      const double b = std::sin(x / 90.0) * std::sin(y / 70.0 + x / 200.0);
      pixels.At(x, y) = {static_cast<int>(127 + 60 * (a + b)), static_cast<int>(127 + 90 * a),
                         static_cast<int>(127 + 90 * b), 255};
    }
  }
  return pixels;
}

constexpr double kFortyDecibels = 6.5;

// Large ones are decoded in bands, without the filter that smooths the edges of blocks; the same
// pixels decoded as a whole, and read from a PNG, must look alike. Odd sides end amid a sample of chroma.
TEST_F(WebpPixelsTest, InBandsItLooksAsDecodedWhole) {
  struct Case {
    int width;
    int height;
    int quality;
    int partitions;
  };
  for (const Case& made : {Case{1203, 801, 30, 0}, {1203, 801, 80, 3}, {640, 1500, 80, 0}}) {
    SCOPED_TRACE(testing::Message() << made.width << " " << made.quality);
    WebpOptions options;
    options.quality = made.quality;
    options.partitions = made.partitions;
    options.effort = 1;
    const std::string webp = MakeWebp(Waves(made.width, made.height), options);
    // As JPEG, for WebP mixes the colours of neighbours otherwise when it is given RGB.
    const Pixels whole = JpegThumbnail(MakePng(DecodeWebp(webp)), 150);
    EXPECT_LT(MeanSquaredDifference(JpegThumbnail(webp, 150), whole), kFortyDecibels);
  }
}

TEST_F(WebpPixelsTest, BandsThatBreakOffAreDamage) {
  WebpOptions options;
  options.effort = 0;
  const std::string webp = MakeWebp(Waves(1203, 801), options);
  for (const std::size_t kept : {webp.size() / 20, webp.size() / 2, webp.size() - 40}) {
    EXPECT_EQ(Reason(Render(webp.substr(0, kept), Recipes("one=100")).status()), "DECODE_FAILED");
  }
}

// The planes of all of it would have 36 MB.
TEST_F(WebpPixelsTest, OfBandsOnlyTheOnesInWorkAreKept) {
  WebpOptions options;
  options.effort = 0;
  ASSERT_TRUE(Render(MakeWebp(Waves(6000, 4000), options), Recipes("one=256")).ok());
  EXPECT_LT(renderer_.last_cost().peak_rss_kib, 20U * 1024);
}

// Red and blue in turn.
Pixels Columns(int width, int height, int breadth) {
  Pixels pixels = Plain(width, height, kRed);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      if (x / breadth % 2 != 0) pixels.At(x, y) = kBlue;
    }
  }
  return pixels;
}

// Of half of the chroma, all columns would be purple.
TEST_F(WebpPixelsTest, ALosslessFilesChromaIsKeptWholeWhereTheThumbnailHasIt) {
  const Pixels columns = Columns(120, 90, 1);
  WebpOptions options;
  options.lossless = true;
  const std::string webp = MakeWebp(columns, options);
  for (const char* recipes : {"one=200:png", "one=200:png,two=60:jpeg"}) {
    const absl::StatusOr<Rendering> rendering = Render(webp, Recipes(recipes));
    ASSERT_TRUE(rendering.ok()) << rendering.status();
    const Pixels seen = Decode(rendering->images[0]);
    ASSERT_EQ(seen.width, 120);
    for (int x = 0; x < 120; ++x) EXPECT_TRUE(Near(seen.At(x, 40), columns.At(x, 40), 0)) << x;
  }
}

TEST_F(WebpPixelsTest, AReducedLosslessFileLooksAsTheSamePngInAllOfItsChroma) {
  WebpOptions options;
  options.lossless = true;
  for (const int box : {300, 90}) {
    const std::vector<Recipe> recipes = Recipes(absl::StrCat("one=", box, ":png"));
    const Pixels columns = Columns(900, 401, 900 / box);
    const absl::StatusOr<Rendering> webp = Render(MakeWebp(columns, options), recipes);
    const absl::StatusOr<Rendering> png = Render(MakePng(columns), recipes);
    ASSERT_TRUE(webp.ok() && png.ok()) << webp.status() << png.status();
    EXPECT_LT(MeanSquaredDifference(Decode(webp->images[0]), Decode(png->images[0])),
              kFortyDecibels)
        << box;
  }
}

TEST_F(DamagedButRenderedTest, TheRestOfALosslessFileInAllOfItsChromaIsGrey) {
  WebpOptions options;
  options.lossless = true;
  const std::string webp = MakeWebp(Waves(600, 400), options);
  const absl::StatusOr<Rendering> rendering =
      Render(webp.substr(0, webp.size() / 2), Recipes("one=600:png"));
  ASSERT_TRUE(rendering.ok()) << rendering.status();
  const Pixels seen = Decode(rendering->images[0]);
  EXPECT_TRUE(Near(seen.At(300, 10), Waves(600, 400).At(300, 10), 0));
  EXPECT_TRUE(Near(seen.At(300, 390), {128, 128, 128}, 0));
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
