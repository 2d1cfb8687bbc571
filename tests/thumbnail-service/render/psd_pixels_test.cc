// Formats of desktop programs: Photoshop's, JPEG 2000, Radiance; and shapes at the limit.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/thumbnail-service/render/exotic_images.h"
#include "tests/thumbnail-service/render/oiio_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
using PsdPixelsTest = RenderingTest;
using RadiancePixelsTest = RenderingTest;
using LongSidesTest = RenderingTest;

TEST_F(PsdPixelsTest, ColoursAreReadInEightAndSixteenBits) {
  for (const int bits : {8, 16}) {
    PsdOptions options;
    options.bits = bits;
    SCOPED_TRACE(bits);
    ExpectUprightFourCorners(Thumbnail(MakePsd(FourCorners(301, 200), options)));
  }
}

TEST_F(PsdPixelsTest, GreyIsRead) {
  for (const int bits : {8, 16}) {
    PsdOptions options;
    options.mode = 1;
    options.bits = bits;
    const Pixels pixels = Thumbnail(MakePsd(Plain(300, 200, {90, 90, 90}), options));
    EXPECT_TRUE(Near(pixels.At(60, 40), {90, 90, 90}, 4));
  }
}

TEST_F(PsdPixelsTest, AlphaIsKept) {
  PsdOptions options;
  options.alpha = true;
  Pixels pixels = FourCorners(300, 200);
  for (Rgba& colour : pixels.colours) {
    colour.alpha = colour == kYellow ? 0 : colour == kBlue ? 128 : 255;
  }
  const Corners corners = CornersOf(Thumbnail(MakePsd(pixels, options)));
  EXPECT_TRUE(Near(corners.top_left, kRed));
  EXPECT_EQ(corners.bottom_right.alpha, 0);
  EXPECT_NEAR(corners.bottom_left.alpha, 128, 3);
  EXPECT_NEAR(corners.bottom_left.blue, kBlue.blue, 16);
}

// As in TIFF and JPEG: cyan alone, without a profile, is offset print's.
TEST_F(PsdPixelsTest, InksLookLikeOffsetPrint) {
  PsdOptions options;
  options.mode = 4;
  const std::string cyan = MakePsd(Plain(90, 90, {0, 255, 255}), options);
  EXPECT_TRUE(Near(Thumbnail(cyan, 64).At(32, 32), {0, 158, 227}, 5));
  const std::string paper = MakePsd(Plain(90, 90, {255, 255, 255}), options);
  EXPECT_TRUE(Near(Thumbnail(paper, 64).At(32, 32), {255, 255, 255}, 3));
}

TEST_F(PsdPixelsTest, InksAreReadInEveryFormOfTheFile) {
  PsdOptions options;
  options.mode = 4;
  options.black = 100;
  const Rgba expected = Thumbnail(MakePsd(Plain(150, 90, {120, 190, 250}), options), 64).At(32, 20);
  EXPECT_LT(expected.red, 100);
  for (const bool packed : {false, true}) {
    for (const bool big : {false, true}) {
      for (const int bits : {8, 16}) {
        SCOPED_TRACE(testing::Message() << packed << big << bits);
        options.packed = packed;
        options.big = big;
        options.bits = bits;
        const std::string psd = MakePsd(Plain(150, 90, {120, 190, 250}), options);
        EXPECT_TRUE(Near(Thumbnail(psd, 64).At(32, 20), expected, 2));
        EXPECT_EQ(Reason(Render(psd.substr(0, psd.size() - 40)).status()), "DECODE_FAILED");
        EXPECT_EQ(Reason(Render(psd.substr(0, 60)).status()), "DECODE_FAILED");
      }
    }
  }
}

TEST_F(PsdPixelsTest, AFileCutShortIsAVerdict) {
  const std::string whole = MakePsd(FourCorners(300, 200));
  for (const std::size_t left : {std::size_t{20}, std::size_t{30}, whole.size() / 2}) {
    EXPECT_EQ(Reason(Render(whole.substr(0, left)).status()), "DECODE_FAILED") << left;
  }
}

TEST_F(RadiancePixelsTest, ColoursOfLightBecomeColoursOfTheScreen) {
  OiioOptions options;
  options.floats = true;
  const std::string hdr = MakeByOiio("hdr", Plain(200, 150, {55, 128, 255}), options);
  EXPECT_TRUE(Near(Thumbnail(hdr).At(60, 40), {128, 188, 255}, 5));
}

// 65,535 is the longest side that JPEG has and the limit allows.
TEST_F(LongSidesTest, TheLongestSidesAreRead) {
  for (const auto& [width, height] :
       {std::pair{65'535, 2}, {2, 65'535}, {1, 20'000}, {65'535, 1}}) {
    SCOPED_TRACE(testing::Message() << width << " x " << height);
    const Pixels plain = Plain(width, height, kBlue);
    std::vector<std::string> files = {MakePng(plain), MakeTiff(plain)};
    if (std::max(width, height) <= 65'500) files.push_back(MakeJpeg(plain));
    for (const std::string& bytes : files) {
      const Pixels pixels = Thumbnail(bytes);
      EXPECT_EQ(std::max(pixels.width, pixels.height), 128);
      EXPECT_EQ(std::min(pixels.width, pixels.height), 1);
      EXPECT_TRUE(Near(pixels.At(pixels.width / 2, pixels.height / 2), kBlue));
    }
  }
}

TEST_F(LongSidesTest, OneMoreIsTooLarge) {
  EXPECT_EQ(Reason(Render(MakePng(Plain(65'536, 1, kBlue))).status()), "TOO_LARGE");
}

TEST_F(LongSidesTest, TheLongestWebpIsRead) {
  const Pixels pixels = Thumbnail(MakeWebp(Plain(16'383, 3, kBlue)));
  EXPECT_EQ(pixels.width, 128);
  EXPECT_TRUE(Near(pixels.At(64, 0), kBlue));
}
}  // namespace
}  // namespace hestia
