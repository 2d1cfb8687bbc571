#include <algorithm>

#include "tests/thumbnail-service/render/raw_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
constexpr Rgba kGrey{128, 128, 128};

DngOptions WithPreview(const Pixels& pixels, int orientation = 1, int own_orientation = 0) {
  JpegOptions jpeg;
  jpeg.orientation = own_orientation;
  DngOptions options;
  options.orientation = orientation;
  options.preview = MakeJpeg(pixels, jpeg);
  options.preview_width = pixels.width;
  options.preview_height = pixels.height;
  return options;
}

class RawPixelsTest : public RenderingTest, public testing::WithParamInterface<int> {};

// Developing changes brightness, not which colour is which.
void ExpectDeveloped(const Pixels& pixels) {
  const Corners corners = CornersOf(pixels);
  const auto strongest = [](const Rgba& colour) {
    const int most = std::max({colour.red, colour.green, colour.blue});
    const auto is = [&](int value) { return value * 3 > most * 2; };
    return std::string(is(colour.red) ? "R" : "") + (is(colour.green) ? "G" : "") +
           (is(colour.blue) ? "B" : "");
  };
  EXPECT_EQ(strongest(corners.top_left), "R");
  EXPECT_EQ(strongest(corners.top_right), "G");
  EXPECT_EQ(strongest(corners.bottom_left), "B");
  EXPECT_EQ(strongest(corners.bottom_right), "RG");
}

TEST_P(RawPixelsTest, APhotoWithoutAPreviewIsDevelopedAndUpright) {
  DngOptions options;
  options.orientation = GetParam();
  const auto rendering =
      Render(MakeDng(StoredAs(FourCorners(300, 200), GetParam()), options), Recipes("a=150:png"));
  ASSERT_TRUE(rendering.ok()) << rendering.status();
  EXPECT_EQ(rendering->images[0].width_px, 150);
  EXPECT_EQ(rendering->images[0].height_px, 100);
  EXPECT_EQ(rendering->source_width_px, 300);
  EXPECT_EQ(rendering->source_height_px, 200);
  ExpectDeveloped(Decode(rendering->images[0]));
}

TEST_P(RawPixelsTest, APreviewLiesAsThePhotoDoes) {
  const Pixels stored = StoredAs(FourCorners(300, 200), GetParam());
  const std::string dng = MakeDng(Plain(stored.width * 2, stored.height * 2, kGrey),
                                  WithPreview(stored, GetParam()));
  const auto rendering = Render(dng, Recipes("a=150:png"));
  ASSERT_TRUE(rendering.ok()) << rendering.status();
  ExpectUprightFourCorners(Decode(rendering->images[0]), 24);
  EXPECT_EQ(rendering->source_width_px, 600) << "the photo's size, not the preview's";
  EXPECT_EQ(rendering->source_height_px, 400);
}

TEST_P(RawPixelsTest, APreviewThatSaysHowItLiesIsBelieved) {
  const Pixels stored = StoredAs(FourCorners(300, 200), GetParam());
  const bool turned = GetParam() >= 5;
  const std::string dng = MakeDng(Plain(turned ? 400 : 600, turned ? 600 : 400, kGrey),
                                  WithPreview(stored, 1, GetParam()));
  ExpectUprightFourCorners(Thumbnail(dng), 24);
}

INSTANTIATE_TEST_SUITE_P(AllEight, RawPixelsTest, testing::Range(1, 9));

using RawPreviewTest = RenderingTest;

TEST_F(RawPreviewTest, APreviewThatIsUprightAlreadyStaysSo) {
  for (const int orientation : {6, 8}) {
    const std::string dng =
        MakeDng(Plain(600, 400, kGrey), WithPreview(FourCorners(200, 300), orientation));
    const auto rendering = Render(dng, Recipes("a=150:png"));
    ASSERT_TRUE(rendering.ok()) << rendering.status();
    ExpectUprightFourCorners(Decode(rendering->images[0]), 24);
    EXPECT_EQ(rendering->source_width_px, 400);
  }
}

// A preview of another colour tells which of the two was read.
TEST_F(RawPreviewTest, APreviewIsTakenWhereItIsLargeEnoughAndHasTheProportions) {
  const Pixels photo = Plain(600, 400, kRed);
  const std::string dng = MakeDng(photo, WithPreview(Plain(300, 200, kGreen)));
  EXPECT_TRUE(Near(Thumbnail(dng, 300).At(60, 40), kGreen));
  EXPECT_GT(Thumbnail(dng, 301).At(60, 40).red, 150) << "too small";
  EXPECT_GT(Thumbnail(dng, 301).At(60, 40).red, 2 * Thumbnail(dng, 301).At(60, 40).green);
  const Pixels other = Thumbnail(MakeDng(photo, WithPreview(Plain(300, 225, kGreen))));
  EXPECT_GT(other.At(60, 40).red, 2 * other.At(60, 40).green) << "of other proportions";
  const auto cover = Render(dng, Recipes("a=201:png:::cover"));
  ASSERT_TRUE(cover.ok()) << cover.status();
  EXPECT_GT(Decode(cover->images[0]).At(60, 40).red, 150) << "too small to fill that square";
}

// A red photo with the first half of a green preview.
std::string WithDamagedPreview() {
  DngOptions options = WithPreview(Plain(300, 200, kGreen));
  options.preview.resize(options.preview.size() / 2);
  return MakeDng(Plain(600, 400, kRed), options);
}

void ExpectRed(const absl::StatusOr<Rendering>& rendering) {
  ASSERT_TRUE(rendering.ok()) << rendering.status();
  EXPECT_EQ(rendering->damage, "") << "of the photo nothing is missing";
  const Rgba colour = Decode(rendering->images[0]).At(75, 95);
  EXPECT_GT(colour.red, 2 * colour.green);
}

TEST_F(RawPreviewTest, APhotoIsDevelopedWhereItsPreviewIsDamaged) {
  ExpectRed(Render(WithDamagedPreview(), Recipes("a=150:png")));
}

using RawPreviewAndDamageTest = DamagedButRenderedTest;

TEST_F(RawPreviewAndDamageTest, ADamagedPreviewIsNotShownForAWholePhoto) {
  ExpectRed(Render(WithDamagedPreview(), Recipes("a=150:png")));
}

TEST_F(RawPreviewTest, ASlightlyCutPreviewKeepsItsOwnProportions) {
  const auto rendering =
      Render(MakeDng(Plain(600, 400, kGrey), WithPreview(FourCorners(300, 204))), Recipes("a=150:png"));
  ASSERT_TRUE(rendering.ok()) << rendering.status();
  EXPECT_EQ(rendering->images[0].height_px, 102);
  EXPECT_EQ(rendering->source_height_px, 400);
  ExpectUprightFourCorners(Decode(rendering->images[0]), 24);
}
}  // namespace
}  // namespace hestia
