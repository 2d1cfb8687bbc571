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
