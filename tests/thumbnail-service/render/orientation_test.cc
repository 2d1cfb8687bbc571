#include "tests/thumbnail-service/render/exotic_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
// The picture as a camera held that way stores it, so that the orientation undoes it.
Pixels StoredAs(const Pixels& upright, int orientation) {
  const bool swap = orientation >= 5;
  Pixels stored = swap ? Plain(upright.height, upright.width, {})
                       : Plain(upright.width, upright.height, {});
  const int right = upright.width - 1;
  const int bottom = upright.height - 1;
  for (int y = 0; y < upright.height; ++y) {
    for (int x = 0; x < upright.width; ++x) {
      int row = y;
      int column = x;
      // Which visual side the stored row 0 and column 0 are, as EXIF defines each number.
      switch (orientation) {
        case 1: row = y; column = x; break;                    // top, left
        case 2: row = y; column = right - x; break;            // top, right
        case 3: row = bottom - y; column = right - x; break;   // bottom, right
        case 4: row = bottom - y; column = x; break;           // bottom, left
        case 5: row = x; column = y; break;                    // left, top
        case 6: row = right - x; column = y; break;            // right, top
        case 7: row = right - x; column = bottom - y; break;   // right, bottom
        case 8: row = x; column = bottom - y; break;           // left, bottom
        default: break;
      }
      stored.At(column, row) = upright.At(x, y);
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
