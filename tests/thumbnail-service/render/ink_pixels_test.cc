#include <string>
#include <utility>
#include <vector>

#include "tests/thumbnail-service/render/colour_profiles.h"
#include "tests/thumbnail-service/render/exotic_images.h"
#include "tests/thumbnail-service/render/oiio_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
struct Swatch {
  std::vector<int> inks;  // cyan, magenta, yellow, black
  Rgba srgb;
};

// What designers know of coated offset paper (ISO 12647-2), on a white that is white.
const std::vector<Swatch> kOffset{
    {{0, 0, 0, 0}, {255, 255, 255}},   {{255, 0, 0, 0}, {0, 158, 227}},
    {{0, 255, 0, 0}, {230, 0, 126}},   {{0, 0, 255, 0}, {255, 237, 0}},
    {{0, 255, 255, 0}, {227, 6, 19}},  {{255, 0, 255, 0}, {0, 150, 64}},
    {{255, 255, 0, 0}, {49, 39, 131}}, {{0, 0, 0, 255}, {29, 29, 27}},
    {{0, 0, 0, 128}, {157, 157, 156}}, {{0, 0, 0, 204}, {87, 87, 86}},
    {{0, 0, 0, 51}, {218, 218, 218}},
};

class InkPixelsTest : public RenderingTest {
 protected:
  Rgba Middle(const std::string& bytes) { return Thumbnail(bytes, 64).At(32, 32); }
};

TEST_F(InkPixelsTest, InksWithoutAProfileLookLikeOffsetPrint) {
  for (const Swatch& swatch : kOffset) {
    SCOPED_TRACE(testing::Message() << swatch.srgb.red << "," << swatch.srgb.green);
    EXPECT_TRUE(Near(Middle(MakeRawTiff(90, 90, 5, swatch.inks, 8)), swatch.srgb, 5));
  }
}

TEST_F(InkPixelsTest, JpegsInksAreReadInBothForms) {
  JpegOptions options;
  for (const bool ycck : {false, true}) {
    options.cmyk = !ycck;
    options.ycck = ycck;
    for (const Swatch& swatch : kOffset) {
      if (swatch.inks[3] != 0) continue;
      const Rgba light{255 - swatch.inks[0], 255 - swatch.inks[1], 255 - swatch.inks[2]};
      EXPECT_TRUE(Near(Middle(MakeJpeg(Plain(300, 200, light), options)), swatch.srgb, 5));
      EXPECT_TRUE(Near(JpegThumbnail(MakeJpeg(Plain(300, 200, light), options)).At(40, 40),
                       swatch.srgb, 5));
    }
  }
}

TEST_F(InkPixelsTest, InksFollowTheirProfile) {
  const std::string profile = OddInksProfile();
  for (const std::vector<int>& inks : std::vector<std::vector<int>>{
           {0, 0, 0, 0}, {102, 0, 0, 0}, {0, 102, 0, 0}, {0, 0, 102, 0}, {51, 51, 51, 77}}) {
    const Rgba expected =
        OddInksToSrgb(inks[0] / 255.0, inks[1] / 255.0, inks[2] / 255.0, inks[3] / 255.0);
    const Rgba tiff = Middle(MakeRawTiff(90, 90, 5, inks, 8, profile));
    EXPECT_LT(ColourDifference(tiff, expected), 2)
        << tiff.red << "," << tiff.green << "," << tiff.blue;
    if (inks[3] != 0) continue;
    JpegOptions options;
    options.cmyk = true;
    options.profile = profile;
    const Rgba light{255 - inks[0], 255 - inks[1], 255 - inks[2]};
    EXPECT_LT(ColourDifference(Middle(MakeJpeg(Plain(300, 200, light), options)), expected), 2);
  }
}

// Images of expanded-gamut printing (XCMYK) are those of four inks like others; only their profile
// tells, in every container that can hold one.
TEST_F(InkPixelsTest, InksOfALargerGamutFollowTheirOwnProfileInEveryContainer) {
  const std::string profile = WideInksProfile();
  for (const std::vector<int>& inks : std::vector<std::vector<int>>{{150, 0, 0, 0},
                                                                    {0, 150, 0, 0},
                                                                    {128, 100, 0, 0},
                                                                    {200, 60, 0, 0},
                                                                    {60, 40, 30, 100},
                                                                    {0, 0, 0, 200},
                                                                    {134, 3, 9, 2},
                                                                    {10, 91, 5, 2},
                                                                    {62, 7, 91, 5}}) {
    SCOPED_TRACE(testing::Message()
                 << inks[0] << "," << inks[1] << "," << inks[2] << "," << inks[3]);
    const Rgba expected =
        WideInksToSrgb(inks[0] / 255.0, inks[1] / 255.0, inks[2] / 255.0, inks[3] / 255.0);
    const Rgba usual = Middle(MakeRawTiff(90, 90, 5, inks, 8));
    EXPECT_GT(ColourDifference(usual, expected), 5) << "it would not show";
    const Rgba light{255 - inks[0], 255 - inks[1], 255 - inks[2]};
    std::vector<int> words;
    for (const int ink : inks) words.push_back(ink * 257);
    JpegOptions cmyk;
    cmyk.cmyk = true;
    cmyk.black = inks[3];
    cmyk.profile = profile;
    JpegOptions ycck = cmyk;
    std::swap(ycck.cmyk, ycck.ycck);
    PsdOptions psd;
    psd.mode = 4;
    psd.black = inks[3];
    psd.profile = profile;
    PsdOptions deep_psd = psd;
    deep_psd.bits = 16;
    for (const auto& [name, bytes] : std::vector<std::pair<const char*, std::string>>{
             {"TIFF", MakeRawTiff(90, 90, 5, inks, 8, profile)},
             {"TIFF of 16 bits", MakeRawTiff(90, 90, 5, words, 16, profile)},
             {"JPEG", MakeJpeg(Plain(300, 200, light), cmyk)},
             {"YCCK JPEG", MakeJpeg(Plain(300, 200, light), ycck)},
             {"PSD", MakePsd(Plain(90, 90, light), psd)},
             {"PSD of 16 bits", MakePsd(Plain(90, 90, light), deep_psd)}}) {
      const Rgba seen = Middle(bytes);
      // A level of ink more or less, as luma and chroma round it, is seen where dots spread.
      const double rounding = std::string(name) == "YCCK JPEG" ? 1 : 0;
      EXPECT_LT(ColourDifference(seen, expected), 2 + rounding)
          << name << ": " << seen.red << "," << seen.green << "," << seen.blue << ", not "
          << expected.red << "," << expected.green << "," << expected.blue;
    }
  }
}

// Floating point counts ink there, not light; a profile of other colours is none.
TEST_F(InkPixelsTest, InksOfFloatingPointAreInksWhateverTheProfile) {
  for (const std::vector<int>& inks : std::vector<std::vector<int>>{
           {0, 0, 0, 0}, {150, 0, 0, 0}, {60, 40, 30, 100}, {0, 0, 0, 200}}) {
    SCOPED_TRACE(testing::Message() << inks[0] << "," << inks[3]);
    const Rgba expected = Middle(MakeRawTiff(90, 90, 5, inks, 8));
    EXPECT_TRUE(Near(Middle(MakeRawTiff(90, 90, 5, inks, 32)), expected, 2));
    EXPECT_TRUE(Near(Middle(MakeRawTiff(90, 90, 5, inks, 32, RgbProfile(kAdobeRgb))), expected, 2));
    const std::string profile = WideInksProfile();
    EXPECT_TRUE(Near(Middle(MakeRawTiff(90, 90, 5, inks, 32, profile)),
                     Middle(MakeRawTiff(90, 90, 5, inks, 8, profile)), 2));
  }
}

TEST_F(InkPixelsTest, APhotoshopFilesProfileIsFoundBehindTheResourcesOfOtherPrograms) {
  PsdOptions options;
  options.mode = 4;
  options.profile = WideInksProfile();
  const Pixels light = Plain(90, 90, {105, 255, 255});
  const Rgba expected = Middle(MakePsd(light, options));
  for (const char* signature : {"8BIM", "MeSa", "PHUT", "AgHg", "DCSR"}) {
    // Of an odd size, with a name.
    options.ahead = signature + std::string("\x1b\x58\2ab\0\0\0\0\3xyz\0", 14);
    EXPECT_TRUE(Near(Middle(MakePsd(light, options)), expected, 0)) << signature;
  }
}

TEST_F(InkPixelsTest, ABrokenResourceCountsAsNone) {
  PsdOptions options;
  options.mode = 4;
  const Pixels light = Plain(90, 90, {105, 255, 255});
  const Rgba expected = Middle(MakePsd(light, options));
  options.profile = WideInksProfile();
  for (const std::string& broken : {std::string("8BIM\4\x0f\0\0\x7f\xff\xff\xff", 12),
                                    std::string("8BIM\4\x0f\0\0\xff\xff\xff\xff", 12),
                                    std::string("none\4\x0f\0\0\0\0\0\0", 12)}) {
    options.ahead = broken;
    EXPECT_TRUE(Near(Middle(MakePsd(light, options)), expected, 0));
  }
  options.profile.clear();
  options.ahead = std::string("8BIM\4\x0f\xf0", 7);
  EXPECT_TRUE(Near(Middle(MakePsd(light, options)), expected, 0)) << "a name beyond the end";
}

TEST_F(InkPixelsTest, LabIsReadInEightAndSixteenBits) {
  for (const auto& [l, a, b] : std::vector<std::array<int, 3>>{
           {50, 0, 0}, {60, 40, 20}, {60, -40, 30}, {40, 10, -50}, {100, 0, 0}, {0, 0, 0}}) {
    SCOPED_TRACE(testing::Message() << l << "," << a << "," << b);
    const Rgba expected = LabToSrgb(l, a, b);
    const std::vector<int> bytes{l * 255 / 100, a & 0xff, b & 0xff};
    EXPECT_LT(ColourDifference(Middle(MakeRawTiff(90, 90, 8, bytes, 8)), expected), 2);
    const std::vector<int> words{l * 65535 / 100, a * 256 & 0xffff, b * 256 & 0xffff};
    EXPECT_LT(ColourDifference(Middle(MakeRawTiff(90, 90, 8, words, 16)), expected), 2);
  }
}
}  // namespace
}  // namespace hestia
