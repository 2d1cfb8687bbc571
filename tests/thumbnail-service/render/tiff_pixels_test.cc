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
  options.pages = 3;
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
}  // namespace
}  // namespace hestia
