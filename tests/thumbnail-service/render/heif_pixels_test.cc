#include "tests/thumbnail-service/render/colour_profiles.h"
#include "tests/thumbnail-service/render/heif_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
using HeifPixelsTest = RenderingTest;

Pixels HalfGlass() {
  Pixels pixels = FourCorners(300, 200);
  for (Rgba& colour : pixels.colours) {
    colour.alpha = colour == kYellow ? 0 : colour == kBlue ? 128 : 255;
  }
  return pixels;
}

void ExpectHalfGlass(const Pixels& pixels) {
  const Corners corners = CornersOf(pixels);
  EXPECT_TRUE(Near(corners.top_left, kRed));
  EXPECT_TRUE(Near(corners.top_right, kGreen));
  EXPECT_NEAR(corners.bottom_left.alpha, 128, 6);
  EXPECT_NEAR(corners.bottom_left.blue, kBlue.blue, 16) << "straight, not darkened";
  EXPECT_NEAR(corners.bottom_right.alpha, 0, 6);
}

TEST_F(HeifPixelsTest, AvifIsReadInEveryDepth) {
  for (const int bits : {8, 10, 12}) {
    SCOPED_TRACE(bits);
    AvifOptions options;
    options.bits = bits;
    const Pixels pixels = Thumbnail(MakeAvif(FourCorners(302, 200), options));
    EXPECT_EQ(pixels.width, 128);
    ExpectUprightFourCorners(pixels);
  }
}

TEST_F(HeifPixelsTest, HeicIsReadInEveryDepth) {
  for (const int bits : {8, 10}) {
    SCOPED_TRACE(bits);
    HeicOptions options;
    options.bits = bits;
    const Pixels pixels = Thumbnail(MakeHeic(FourCorners(302, 200), options));
    EXPECT_EQ(pixels.width, 128);
    ExpectUprightFourCorners(pixels);
  }
}

TEST_F(HeifPixelsTest, AlphaIsKept) {
  AvifOptions avif;
  avif.alpha = true;
  ExpectHalfGlass(Thumbnail(MakeAvif(HalfGlass(), avif)));
  HeicOptions heic;
  heic.alpha = true;
  ExpectHalfGlass(Thumbnail(MakeHeic(HalfGlass(), heic)));
}

TEST_F(HeifPixelsTest, GreyIsRead) {
  AvifOptions options;
  options.grey = true;
  EXPECT_TRUE(Near(Thumbnail(MakeAvif(Plain(300, 200, {90, 90, 90}), options)).At(60, 40),
                   {90, 90, 90}, 4));
}

TEST_F(HeifPixelsTest, OddSizesAreRead) {
  for (const auto& [width, height] : {std::pair{1, 1}, {65, 33}, {301, 199}}) {
    SCOPED_TRACE(testing::Message() << width << " x " << height);
    const Pixels avif = Thumbnail(MakeAvif(Plain(width, height, kGreen)), 512);
    EXPECT_EQ(avif.width, width);
    EXPECT_EQ(avif.height, height);
    EXPECT_TRUE(Near(avif.At(width / 2, height / 2), kGreen));
  }
  const Pixels heic = Thumbnail(MakeHeic(Plain(301, 199, kGreen)), 512);
  EXPECT_EQ(heic.width, 301);
  EXPECT_EQ(heic.height, 199);
  EXPECT_TRUE(Near(heic.At(300, 198), kGreen)) << "the last column and row";
}

TEST_F(HeifPixelsTest, AProfileIsFollowed) {
  HeicOptions options;
  options.profile = RgbProfile(kDisplayP3);
  const Rgba colour{180, 90, 60};
  const Pixels pixels = Thumbnail(MakeHeic(Plain(200, 200, colour), options));
  EXPECT_LT(ColourDifference(pixels.At(60, 60), ToSrgb(kDisplayP3, colour)), 2);
}

// A preview of another colour tells which of the two was read.
TEST_F(HeifPixelsTest, AnEmbeddedPreviewIsTakenWhereItIsLargeEnoughAndHasTheAspect) {
  HeicOptions options;
  options.preview = Plain(322, 242, kGreen);
  const std::string bytes = MakeHeic(Plain(1200, 900, kRed), options);
  EXPECT_TRUE(Near(Thumbnail(bytes, 128).At(60, 40), kGreen));
  EXPECT_TRUE(Near(Thumbnail(bytes, 512).At(60, 40), kRed)) << "too small";
  const auto rendering = Render(bytes, Recipes("a=128"));
  ASSERT_TRUE(rendering.ok());
  EXPECT_EQ(rendering->source_width_px, 1200);
  EXPECT_EQ(rendering->images[0].height_px, 96);
  options.preview = Plain(322, 322, kGreen);
  EXPECT_TRUE(Near(Thumbnail(MakeHeic(Plain(1200, 900, kRed), options), 128).At(60, 40), kRed))
      << "of another aspect";
}

// The picture's own curve says nothing of a preview that has a profile.
TEST_F(HeifPixelsTest, APreviewsProfileIsFollowedBesideAPictureOfHighRange) {
  constexpr int kPq = 16;
  const Rgba colour{180, 90, 60};
  HeicOptions options;
  options.bits = 10;
  options.transfer = kPq;
  options.preview = Plain(322, 242, colour);
  options.preview_profile = RgbProfile(kDisplayP3);
  const Rgba seen = Thumbnail(MakeHeic(Plain(1200, 900, kRed), options), 128).At(60, 40);
  EXPECT_LT(ColourDifference(seen, ToSrgb(kDisplayP3, colour)), 2)
      << seen.red << "," << seen.green << "," << seen.blue;
}

TEST_F(HeifPixelsTest, AFileCutShortIsAVerdict) {
  for (const std::string& whole :
       {MakeAvif(FourCorners(300, 200)), MakeHeic(FourCorners(300, 200))}) {
    for (const std::size_t left : {std::size_t{40}, whole.size() / 2, whole.size() - 20}) {
      EXPECT_EQ(Reason(Render(whole.substr(0, left)).status()), "DECODE_FAILED") << left;
    }
  }
}

class HeifOrientationTest : public RenderingTest, public testing::WithParamInterface<int> {};

TEST_P(HeifOrientationTest, APictureIsTurnedByTheContainersPropertiesOnce) {
  const int orientation = GetParam();
  const Pixels stored = StoredAs(FourCorners(300, 200), orientation);
  AvifOptions avif;
  avif.orientation = orientation;
  HeicOptions heic;
  heic.orientation = orientation;
  for (const std::string& bytes : {MakeAvif(stored, avif), MakeHeic(stored, heic)}) {
    const bool turned = bytes.find("irot") != std::string::npos;
    const bool mirrored = bytes.find("imir") != std::string::npos;
    EXPECT_EQ(turned || mirrored, orientation != 1) << "it is said by properties alone";
    EXPECT_EQ(bytes.find("Exif"), std::string::npos);
    const auto rendering = Render(bytes, Recipes("a=150:png"));
    ASSERT_TRUE(rendering.ok()) << rendering.status();
    EXPECT_EQ(rendering->source_width_px, 300);
    EXPECT_EQ(rendering->images[0].height_px, 100);
    ExpectUprightFourCorners(Decode(rendering->images[0]));
  }
}

// As cameras write them: both lie the same way, and each says so itself.
TEST_P(HeifOrientationTest, AnEmbeddedPreviewIsTurnedByItsOwnProperties) {
  const int orientation = GetParam();
  HeicOptions options;
  options.orientation = orientation;
  options.preview = StoredAs(FourCorners(322, 242), orientation);
  const std::string bytes = MakeHeic(StoredAs(Plain(1200, 900, {9, 9, 9}), orientation), options);
  const auto rendering = Render(bytes, Recipes("a=128:png,b=90:png:1:1:cover"));
  ASSERT_TRUE(rendering.ok()) << rendering.status();
  EXPECT_EQ(rendering->source_width_px, 1200);
  EXPECT_EQ(rendering->source_height_px, 900);
  EXPECT_EQ(rendering->images[0].height_px, 96);
  for (const RenderedImage& image : rendering->images) ExpectUprightFourCorners(Decode(image));
  const auto large = Render(bytes, Recipes("a=512:png"));
  ASSERT_TRUE(large.ok()) << large.status();
  EXPECT_EQ(large->images[0].height_px, 384);
  EXPECT_TRUE(Near(Decode(large->images[0]).At(40, 40), {9, 9, 9})) << "the picture itself";
}

INSTANTIATE_TEST_SUITE_P(AllEight, HeifOrientationTest, testing::Range(1, 9));
}  // namespace
}  // namespace hestia
