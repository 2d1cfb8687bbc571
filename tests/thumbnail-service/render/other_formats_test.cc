#include "tests/thumbnail-service/render/exotic_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
using OtherFormatsTest = RenderingTest;

TEST_F(OtherFormatsTest, BmpIsRead) {
  ExpectUprightFourCorners(Thumbnail(MakeBmp(FourCorners(301, 200))));
}

TEST_F(OtherFormatsTest, TiffIsReadInEightAndSixteenBits) {
  ExpectUprightFourCorners(Thumbnail(MakeTiff(FourCorners(301, 200))));
  ExpectUprightFourCorners(Thumbnail(MakeTiff(FourCorners(301, 200), 1, 16)));
}

TEST_F(OtherFormatsTest, GifIsRead) {
  ExpectUprightFourCorners(Thumbnail(MakeGif(FourCorners(301, 200))));
}

TEST_F(OtherFormatsTest, GifKeepsItsTransparency) {
  Pixels pixels = Plain(300, 200, kBlue);
  for (int y = 0; y < 200; ++y) {
    for (int x = 0; x < 150; ++x) pixels.At(x, y) = {0, 255, 0, 0};
  }
  const Pixels thumbnail = Thumbnail(MakeGif(pixels));
  EXPECT_EQ(thumbnail.At(10, 40).alpha, 0);
  EXPECT_TRUE(Near(thumbnail.At(100, 40), kBlue));
}

TEST_F(OtherFormatsTest, PortablePixmapIsRead) {
  ExpectUprightFourCorners(Thumbnail(MakePpm(FourCorners(300, 200))));
}

TEST_F(OtherFormatsTest, LightIsEncodedAsSrgb) {
  const Pixels half = Thumbnail(MakeRadiance(200, 100, 0.5F));
  EXPECT_TRUE(Near(half.At(60, 30), {188, 188, 188}, 3));
  const Pixels over = Thumbnail(MakeRadiance(200, 100, 4.0F));
  EXPECT_TRUE(Near(over.At(60, 30), {255, 255, 255}, 2));
}

// Red at the top of the left, green beside it, blue and yellow below, whatever order the file has
// them in: Radiance names the axes of its rows, then that of the pixels in them, and counts y
// upwards.
TEST_F(OtherFormatsTest, RadianceIsUprightInAllOfItsEightOrders) {
  constexpr int kWidth = 60;
  constexpr int kHeight = 40;
  const Pixels upright = FourCorners(kWidth, kHeight);
  for (const bool columns : {false, true}) {
    for (const bool left : {false, true}) {
      for (const bool down : {false, true}) {
        const std::string x_axis = (left ? "-X " : "+X ") + std::to_string(kWidth);
        const std::string y_axis = (down ? "-Y " : "+Y ") + std::to_string(kHeight);
        const std::string order = columns ? x_axis + " " + y_axis : y_axis + " " + x_axis;
        SCOPED_TRACE(order);
        std::string bytes = "#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n" + order + "\n";
        const int rows = columns ? kWidth : kHeight;
        const int row_pixels = columns ? kHeight : kWidth;
        for (int row = 0; row < rows; ++row) {
          for (int i = 0; i < row_pixels; ++i) {
            const int along_x = columns ? row : i;
            const int along_y = columns ? i : row;
            const Rgba& colour = upright.At(left ? kWidth - 1 - along_x : along_x,
                                            down ? along_y : kHeight - 1 - along_y);
            for (const int value : {colour.red, colour.green, colour.blue}) {
              bytes.push_back(static_cast<char>(value > 128 ? 128 : 0));
            }
            bytes.push_back('\x80');
          }
        }
        const Corners corners = CornersOf(Thumbnail(bytes));
        EXPECT_TRUE(Near(corners.top_left, {188, 0, 0}));
        EXPECT_TRUE(Near(corners.top_right, {0, 188, 0}));
        EXPECT_TRUE(Near(corners.bottom_left, {0, 0, 188}));
        EXPECT_TRUE(Near(corners.bottom_right, {188, 188, 0}));
      }
    }
  }
}

TEST_F(OtherFormatsTest, ManyImagesGoThroughOneWorker) {
  for (int i = 0; i < 250; ++i) {
    ASSERT_TRUE(Render(MakeBmp(Plain(20, 20, kRed))).ok()) << i;
  }
}

TEST_F(OtherFormatsTest, AHugeGifIsRefusedByItsHeader) {
  std::string gif = MakeGif(FourCorners(30, 20));
  gif.replace(6, 4, "\xff\xff\xff\xff");
  const absl::Status status = Render(gif).status();
  EXPECT_EQ(Reason(status), "TOO_LARGE") << status;
}

TEST_F(OtherFormatsTest, AHugePixmapIsRefusedByItsHeader) {
  const absl::Status status = Render("P6\n60000 60000\n255\nabc").status();
  EXPECT_EQ(Reason(status), "TOO_LARGE") << status;
  EXPECT_NE(status.message().find("3600000000"), absl::string_view::npos) << status;
}

TEST_F(OtherFormatsTest, AfterADamagedFileTheNextIsRendered) {
  std::string gif = MakeGif(FourCorners(301, 200));
  const absl::Status status = Render(gif.substr(0, 20)).status();
  EXPECT_EQ(Reason(status), "DECODE_FAILED") << status;
  EXPECT_EQ(status.message().find("/proc/"), absl::string_view::npos) << status;
  ExpectUprightFourCorners(Thumbnail(gif));
}
}  // namespace
}  // namespace hestia
