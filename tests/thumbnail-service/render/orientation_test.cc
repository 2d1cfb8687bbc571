#include "tests/thumbnail-service/render/exotic_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
// The picture as a camera held that way stores it. EXIF tells each number by the visual
// sides at which stored rows and columns begin: 1 top, left; 2 top, right; 3 bottom, right;
// 4 bottom, left; 5 left, top; 6 right, top; 7 right, bottom; 8 left, bottom.
Pixels StoredAs(const Pixels& upright, int orientation) {
  const bool rows_are_columns = orientation >= 5;
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  const bool from_bottom =
      orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  Pixels stored = rows_are_columns ? Plain(upright.height, upright.width, {})
                                   : Plain(upright.width, upright.height, {});
  for (int y = 0; y < upright.height; ++y) {
    for (int x = 0; x < upright.width; ++x) {
      const int across = from_right ? upright.width - 1 - x : x;
      const int down = from_bottom ? upright.height - 1 - y : y;
      stored.At(rows_are_columns ? down : across, rows_are_columns ? across : down) =
          upright.At(x, y);
    }
  }
  return stored;
}

class OrientationTest : public RenderingTest, public testing::WithParamInterface<int> {
 protected:
  void ExpectUpright(const Pixels& thumbnail) {
    EXPECT_EQ(thumbnail.width, 120);
    EXPECT_EQ(thumbnail.height, 80);
    ExpectUprightFourCorners(thumbnail);
  }
  Pixels Stored() { return StoredAs(FourCorners(600, 400), GetParam()); }
};

TEST_P(OrientationTest, JpegIsTurnedUpright) {
  JpegOptions options;
  options.orientation = GetParam();
  ExpectUpright(Thumbnail(MakeJpeg(Stored(), options), 120));
}

TEST_P(OrientationTest, JpegIsTurnedUprightInAJpegThumbnail) {
  JpegOptions options;
  options.orientation = GetParam();
  ExpectUpright(JpegThumbnail(MakeJpeg(Stored(), options), 120));
}

TEST_P(OrientationTest, PngIsTurnedUpright) {
  PngOptions options;
  options.orientation = GetParam();
  ExpectUpright(Thumbnail(MakePng(Stored(), options), 120));
}

TEST_P(OrientationTest, WebpIsTurnedUpright) {
  WebpOptions options;
  options.orientation = GetParam();
  ExpectUpright(Thumbnail(MakeWebp(Stored(), options), 120));
}

TEST_P(OrientationTest, TiffIsTurnedUpright) {
  ExpectUpright(Thumbnail(MakeTiff(Stored(), GetParam()), 120));
}

INSTANTIATE_TEST_SUITE_P(AllEight, OrientationTest, testing::Range(1, 9));

using NoOrientationTest = RenderingTest;

TEST_F(NoOrientationTest, NonsenseInTheTagLeavesThePictureAsItIs) {
  JpegOptions options;
  options.orientation = 77;
  ExpectUprightFourCorners(Thumbnail(MakeJpeg(FourCorners(300, 200), options)));
}

TEST_F(NoOrientationTest, EverySizeOfOneRenderingIsUpright) {
  JpegOptions options;
  options.orientation = 6;
  const absl::StatusOr<Rendering> rendering =
      Render(MakeJpeg(StoredAs(FourCorners(900, 600), 6), options));
  ASSERT_TRUE(rendering.ok()) << rendering.status();
  EXPECT_EQ(rendering->source_width_px, 600);
  EXPECT_EQ(rendering->source_height_px, 900);
  for (const RenderedImage& image : rendering->images) {
    ExpectUprightFourCorners(DecodeWebp(image.data), 16);
  }
}
}  // namespace
}  // namespace hestia
