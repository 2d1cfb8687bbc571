#include "tests/thumbnail-service/render/exotic_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
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
  EXPECT_EQ(rendering->source_width_px, 900) << "as it is shown";
  EXPECT_EQ(rendering->source_height_px, 600);
  for (const RenderedImage& image : rendering->images) {
    ExpectUprightFourCorners(DecodeWebp(image.data), 16);
  }
}
}  // namespace
}  // namespace hestia
