#include "tests/thumbnail-service/render/oiio_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
using TiffPixelsTest = RenderingTest;

TEST_F(TiffPixelsTest, EveryLayoutIsRead) {
  for (const bool tiled : {false, true}) {
    for (const bool planar : {false, true}) {
      for (const char* compression : {"none", "lzw", "zip", "packbits"}) {
        SCOPED_TRACE(testing::Message() << tiled << planar << compression);
        OiioOptions options;
        options.tiled = tiled;
        options.planar = planar;
        options.compression = compression;
        ExpectUprightFourCorners(Thumbnail(MakeByOiio("tif", FourCorners(301, 203), options)));
      }
    }
  }
}

TEST_F(TiffPixelsTest, TheFirstPageIsTheThumbnail) {
  OiioOptions options;
  options.later = {Plain(301, 203, kGreen), Plain(301, 203, kRed)};
  ExpectUprightFourCorners(Thumbnail(MakeByOiio("tif", FourCorners(301, 203), options)));
}

TEST_F(TiffPixelsTest, FloatsAreLight) {
  OiioOptions options;
  options.floats = true;
  const std::string tiff = MakeByOiio("tif", Plain(200, 150, {55, 128, 255}), options);
  EXPECT_TRUE(Near(Thumbnail(tiff).At(60, 40), {128, 188, 255}, 4));
}

TEST_F(TiffPixelsTest, Jpeg2000IsRead) {
  ExpectUprightFourCorners(Thumbnail(MakeByOiio("jp2", FourCorners(301, 203))));
}

TEST_F(TiffPixelsTest, OpenExrIsRead) {
  OiioOptions options;
  options.floats = true;
  const std::string exr = MakeByOiio("exr", Plain(200, 150, {55, 128, 255}), options);
  EXPECT_TRUE(Near(Thumbnail(exr).At(60, 40), {128, 188, 255}, 4));
}

// Steps of light from left to right, each twice the one before; `brightest` times 1.
Pixels Steps() {
  Pixels pixels = Plain(256, 100, {});
  for (int y = 0; y < 100; ++y) {
    for (int x = 0; x < 256; ++x) {
      const int light = 1 << (x / 32);
      pixels.At(x, y) = {light, light, light, 255};
    }
  }
  return pixels;
}

TEST_F(TiffPixelsTest, MoreLightThanAScreenHasIsCompressedNotClipped) {
  for (const char* extension : {"exr", "hdr"}) {
    for (const float brightest : {16.0F, 4000.0F}) {
      SCOPED_TRACE(testing::Message() << extension << " " << brightest);
      OiioOptions options;
      options.floats = true;
      options.scale = brightest * 255 / 128;
      const Pixels pixels = Thumbnail(MakeByOiio(extension, Steps(), options));
      int before = -1;
      for (int step = 0; step < 8; ++step) {
        const int level = pixels.At(step * 16 + 8, 25).green;
        EXPECT_GT(level, before + 8) << step;
        before = level;
      }
      EXPECT_GT(before, 245);
      EXPECT_LT(pixels.At(8, 25).green, 130);
    }
  }
}

TEST_F(TiffPixelsTest, TheFirstFrameOfAGifThatShowsSomethingIsTheThumbnail) {
  OiioOptions options;
  options.later = {Plain(301, 203, kBlue), FourCorners(301, 203), Plain(301, 203, kRed)};
  ExpectUprightFourCorners(Thumbnail(MakeByOiio("gif", Plain(301, 203, kBlue), options)), 24);
}

TEST_F(TiffPixelsTest, AGifOfBlankFramesIsItsFirst) {
  OiioOptions options;
  options.later = {Plain(301, 203, kRed), Plain(301, 203, kGreen)};
  const Pixels pixels = Thumbnail(MakeByOiio("gif", Plain(301, 203, kBlue), options));
  EXPECT_TRUE(Near(pixels.At(60, 40), kBlue, 24));
}
}  // namespace
}  // namespace hestia
