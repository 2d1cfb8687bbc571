#include <string>
#include <utility>

#include <gmock/gmock.h>

#include "tests/thumbnail-service/render/jxl_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
using JxlPixelsTest = RenderingTest;

TEST_F(JxlPixelsTest, LossyAndLosslessFilesAreReadWithAndWithoutAContainer) {
  for (const bool lossless : {false, true}) {
    for (const bool container : {false, true}) {
      JxlOptions options;
      options.lossless = lossless;
      options.container = container;
      const Pixels pixels = Thumbnail(MakeJxl(FourCorners(301, 200), options));
      EXPECT_EQ(pixels.width, 128);
      EXPECT_EQ(pixels.height, 85);
      ExpectUprightFourCorners(pixels);
    }
  }
}

TEST_F(JxlPixelsTest, AlphaIsKept) {
  JxlOptions options;
  options.alpha = true;
  Pixels pixels = FourCorners(300, 200);
  for (Rgba& colour : pixels.colours) {
    colour.alpha = colour == kYellow ? 0 : colour == kBlue ? 128 : 255;
  }
  const Corners corners = CornersOf(Thumbnail(MakeJxl(pixels, options)));
  EXPECT_TRUE(Near(corners.top_left, kRed));
  EXPECT_NEAR(corners.bottom_left.alpha, 128, 2);
  EXPECT_NEAR(corners.bottom_left.blue, kBlue.blue, 12);
  EXPECT_EQ(corners.bottom_right.alpha, 0);
}

TEST_F(JxlPixelsTest, GreyIsRead) {
  JxlOptions options;
  options.grey = true;
  EXPECT_TRUE(Near(Thumbnail(MakeJxl(Plain(300, 200, {90, 90, 90}), options)).At(60, 40),
                   {90, 90, 90}, 2));
}

TEST_F(JxlPixelsTest, ATurnedPictureIsUprightOnce) {
  // As a camera held that way stores it: rows are the columns, from the left and upwards.
  const Pixels upright = FourCorners(300, 200);
  Pixels stored = Plain(200, 300, {});
  for (int y = 0; y < 200; ++y) {
    for (int x = 0; x < 300; ++x) stored.At(y, 299 - x) = upright.At(x, y);
  }
  JxlOptions options;
  options.orientation = 6;
  const Pixels pixels = Thumbnail(MakeJxl(stored, options));
  EXPECT_EQ(pixels.width, 128);
  EXPECT_EQ(pixels.height, 85);
  ExpectUprightFourCorners(pixels);
}

class FewJxlFramesTest : public RenderingTest {
 protected:
  FewJxlFramesTest() : RenderingTest(BuiltRenderers(), Limits()) {}
  static RenderLimits Limits() {
    RenderLimits limits = Unhurried();
    limits.formats = ParseFormatLimits("jxl=frames=5").value();
    return limits;
  }
};

TEST_F(FewJxlFramesTest, AnAnimationsFramesAreCountedBeforeItIsDecoded) {
  JxlOptions options;
  for (const bool container : {false, true}) {
    options.container = container;
    options.frames = 5;
    ExpectUprightFourCorners(Thumbnail(MakeJxl(FourCorners(301, 200), options)));
    for (const int frames : {6, 20}) {
      options.frames = frames;
      const absl::Status status = Render(MakeJxl(FourCorners(301, 200), options)).status();
      EXPECT_EQ(Reason(status), "TOO_LARGE") << status;
      EXPECT_THAT(std::string(status.message()), testing::HasSubstr("6 frames")) << status;
    }
  }
}

// Those that are there are shown; the first one is whole.
TEST_F(FewJxlFramesTest, AnAnimationCutShortBehindItsFirstFrameIsRead) {
  JxlOptions options;
  options.frames = 4;
  const std::string jxl = MakeJxl(FourCorners(301, 200), options);
  ExpectUprightFourCorners(Thumbnail(jxl.substr(0, jxl.size() - 30)));
}

TEST_F(JxlPixelsTest, AnySizeIsRead) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 300}, {257, 3}}) {
    const Pixels pixels = Thumbnail(MakeJxl(Plain(width, height, kGreen)), 512);
    EXPECT_EQ(pixels.width, width);
    EXPECT_EQ(pixels.height, height);
    EXPECT_TRUE(Near(pixels.At(0, 0), kGreen));
  }
}

TEST_F(JxlPixelsTest, AFileCutShortIsAVerdict) {
  const std::string whole = MakeJxl(FourCorners(900, 700));
  for (const std::size_t left : {std::size_t{3}, std::size_t{20}, whole.size() / 2}) {
    EXPECT_EQ(Reason(Render(whole.substr(0, left)).status()), "DECODE_FAILED") << left;
  }
  ExpectUprightFourCorners(Thumbnail(whole));
}
}  // namespace
}  // namespace hestia
