// Formats of desktop programs: Photoshop's, JPEG 2000, Radiance; and shapes at the limit.
#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "tests/thumbnail-service/render/colour_profiles.h"
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

// A corner each of the palette's colours 0 to 3.
PsdOptions FourIndices(int width, int height) {
  PsdOptions options;
  options.mode = 2;
  std::string indices;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      indices.push_back(static_cast<char>((2 * y >= height ? 2 : 0) + (2 * x >= width ? 1 : 0)));
    }
  }
  options.planes = {indices};
  options.palette = std::string(768, '\x55');
  const std::vector<Rgba> colours{kRed, kGreen, kBlue, kYellow};
  for (std::size_t i = 0; i < colours.size(); ++i) {
    options.palette[i] = static_cast<char>(colours[i].red);
    options.palette[256 + i] = static_cast<char>(colours[i].green);
    options.palette[512 + i] = static_cast<char>(colours[i].blue);
  }
  return options;
}

TEST_F(PsdPixelsTest, APalettesColoursAreReadInEveryFormOfTheFile) {
  for (const bool packed : {false, true}) {
    for (const bool big : {false, true}) {
      SCOPED_TRACE(testing::Message() << packed << big);
      PsdOptions options = FourIndices(301, 200);
      options.packed = packed;
      options.big = big;
      const Pixels pixels = Thumbnail(MakePsd(Plain(301, 200, {}), options));
      ExpectUprightFourCorners(pixels);
      EXPECT_EQ(CornersOf(pixels).bottom_right.alpha, 255);
      // Somebody's selection is a second channel.
      options.planes.push_back(std::string(options.planes[0].size(), '\x7f'));
      ExpectUprightFourCorners(Thumbnail(MakePsd(Plain(301, 200, {}), options)));
    }
  }
}

TEST_F(PsdPixelsTest, OneIndexOfAPaletteIsTransparentWhereTheFileSaysSo) {
  PsdOptions options = FourIndices(300, 200);
  options.ahead = std::string("8BIM\4\x17\0\0\0\0\0\2\0\3", 14);
  const Corners corners = CornersOf(Thumbnail(MakePsd(Plain(300, 200, {}), options)));
  EXPECT_TRUE(Near(corners.top_left, kRed));
  EXPECT_TRUE(Near(corners.bottom_left, kBlue, 16));
  EXPECT_EQ(corners.top_left.alpha, 255);
  EXPECT_EQ(corners.bottom_right.alpha, 0);
}

TEST_F(PsdPixelsTest, APaletteFollowsItsProfile) {
  PsdOptions options = FourIndices(90, 90);
  options.planes = {std::string(90 * 90, '\0')};
  for (const std::size_t at : {0U, 256U, 512U})
    options.palette[at] = static_cast<char>(at / 3 + 30);
  options.profile = RgbProfile(kAdobeRgb);
  EXPECT_TRUE(Near(Thumbnail(MakePsd(Plain(90, 90, {}), options), 64).At(32, 32),
                   ToSrgb(kAdobeRgb, {30, 115, 200}), 3));
}

TEST_F(PsdPixelsTest, APaletteThatIsTooShortIsAVerdict) {
  PsdOptions options = FourIndices(30, 20);
  for (const std::size_t left : {767U, 256U, 0U}) {
    options.palette.resize(left);
    EXPECT_EQ(Reason(Render(MakePsd(Plain(30, 20, {}), options)).status()), "DECODE_FAILED");
  }
}

TEST_F(PsdPixelsTest, LabIsReadInEightAndSixteenBits) {
  for (const auto& [l, a, b] : std::vector<std::array<int, 3>>{
           {50, 0, 0}, {60, 40, 20}, {60, -40, 30}, {40, 10, -50}, {100, 0, 0}, {0, 0, 0}}) {
    SCOPED_TRACE(testing::Message() << l << "," << a << "," << b);
    PsdOptions options;
    options.mode = 9;
    options.profile = RgbProfile(kAdobeRgb);  // of other colours: no matter
    for (const int bits : {8, 16}) {
      options.bits = bits;
      options.planes.clear();
      const int top = bits == 8 ? 255 : 65535;
      const int unit = bits == 8 ? 1 : 256;
      for (const int sample : {(l * top + 50) / 100, (a + 128) * unit, (b + 128) * unit}) {
        std::string& plane = options.planes.emplace_back();
        for (int i = 0; i < 90 * 90; ++i) {
          if (bits == 16) plane.push_back(static_cast<char>(sample >> 8));
          plane.push_back(static_cast<char>(sample));
        }
      }
      const Rgba seen = Thumbnail(MakePsd(Plain(90, 90, {}), options), 64).At(32, 32);
      EXPECT_LT(ColourDifference(seen, LabToSrgb(l, a, b)), 2) << bits;
    }
  }
}

TEST_F(PsdPixelsTest, ADuotoneIsShownAsItsGrey) {
  PsdOptions options;
  options.mode = 8;
  options.palette = std::string(520, '\7');  // how it is printed, which nobody but Photoshop knows
  for (const int bits : {8, 16}) {
    options.bits = bits;
    std::string plane;
    const std::string dark(bits == 8 ? 1 : 2, '\x3c');
    const std::string light(dark.size(), '\xc8');
    for (int i = 0; i < 300 * 200; ++i) plane += i % 300 < 150 ? dark : light;
    options.planes = {plane};
    const Corners corners = CornersOf(Thumbnail(MakePsd(Plain(300, 200, {}), options)));
    EXPECT_TRUE(Near(corners.top_left, {60, 60, 60}, 4));
    EXPECT_TRUE(Near(corners.bottom_right, {200, 200, 200}, 4));
  }
}

TEST_F(PsdPixelsTest, BitsAreReadAndASetOneIsBlack) {
  PsdOptions options;
  options.mode = 0;
  options.bits = 1;
  std::string plane;  // of 301 bits a row, of which the left half are set
  for (int y = 0; y < 200; ++y) plane += std::string(19, '\xff') + std::string(19, '\0');
  options.planes = {plane};
  const Corners corners = CornersOf(Thumbnail(MakePsd(Plain(301, 200, {}), options)));
  EXPECT_TRUE(Near(corners.bottom_left, {0, 0, 0}, 3));
  EXPECT_TRUE(Near(corners.top_right, {255, 255, 255}, 3));
}

// As Photoshop makes them of inks: the same channels, which it mixes no more.
TEST_F(PsdPixelsTest, FourSeparateChannelsAreInks) {
  PsdOptions options;
  options.mode = 4;
  options.black = 40;
  const Pixels light = Plain(90, 90, {100, 200, 250});
  const std::string inks = MakePsd(light, options);
  std::string separate = inks;
  separate[25] = 7;
  EXPECT_TRUE(Near(Thumbnail(separate, 64).At(32, 32), Thumbnail(inks, 64).At(32, 32), 2));
}

TEST_F(PsdPixelsTest, WhatIsNotKnownOfPhotoshopIsSaidToBeSo) {
  const std::string whole = MakePsd(Plain(30, 20, kBlue));
  for (const auto& [at, value, said] :
       std::vector<std::tuple<std::size_t, char, std::string>>{{5, 3, "version 3"},
                                                               {25, 5, "colour mode 5"},
                                                               {23, 12, "12 bits"},
                                                               {39, 2, "packed"},
                                                               {39, 3, "packed"}}) {
    std::string changed = whole;
    changed[at] = value;
    const absl::Status status = Render(changed).status();
    EXPECT_EQ(Reason(status), "UNSUPPORTED_FORMAT") << at;
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr(said));
  }
  PsdOptions options;
  options.mode = 9;
  options.planes = std::vector<std::string>(2, std::string(30 * 20, '\x7f'));
  EXPECT_EQ(Reason(Render(MakePsd(Plain(30, 20, {}), options)).status()), "DECODE_FAILED");
}

TEST_F(DamagedButRenderedTest, TheRestOfAPalettesRowsIsGrey) {
  PsdOptions options = FourIndices(300, 200);
  const std::string psd = MakePsd(Plain(300, 200, {}), options);
  const absl::StatusOr<Rendering> rendering = Render(psd.substr(0, psd.size() - 300 * 60));
  ASSERT_TRUE(rendering.ok()) << rendering.status();
  const Corners corners = CornersOf(Decode(rendering->images.back()));
  EXPECT_TRUE(Near(corners.top_left, kRed));
  EXPECT_TRUE(Near(corners.bottom_left, {128, 128, 128}));
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
