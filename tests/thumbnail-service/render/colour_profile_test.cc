#include <vector>

#include "tests/thumbnail-service/render/colour_profiles.h"
#include "tests/thumbnail-service/render/oiio_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
constexpr double kVisible = 2;

testing::AssertionResult Alike(const Rgba& seen, const Rgba& expected) {
  const double difference = ColourDifference(seen, expected);
  if (difference < kVisible) return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << "saw (" << seen.red << ", " << seen.green << ", " << seen.blue << "), expected ("
         << expected.red << ", " << expected.green << ", " << expected.blue << "), " << difference
         << " apart";
}

// Within every gamut tested, and where a missed conversion shows.
const std::vector<Rgba> kColours{{200, 60, 60},   {60, 180, 80}, {70, 80, 200},  {210, 200, 90},
                                 {128, 128, 128}, {20, 20, 20},  {250, 250, 250}};

class ColourProfileTest : public RenderingTest {
 protected:
  Rgba Middle(const std::string& bytes) { return Thumbnail(bytes, 64).At(32, 32); }
};

TEST_F(ColourProfileTest, WideGamutsAreConvertedInEveryContainer) {
  for (const ColourSpace* space : {&kDisplayP3, &kAdobeRgb, &kProPhoto}) {
    for (const Rgba& colour : kColours) {
      SCOPED_TRACE(testing::Message() << space->name << " " << colour.red << "," << colour.green);
      const Rgba expected = ToSrgb(*space, colour);
      const Pixels pixels = Plain(200, 200, colour);
      JpegOptions jpeg;
      jpeg.profile = RgbProfile(*space);
      EXPECT_TRUE(Alike(Middle(MakeJpeg(pixels, jpeg)), expected));
      PngOptions png;
      png.profile = jpeg.profile;
      EXPECT_TRUE(Alike(Middle(MakePng(pixels, png)), expected));
      png.bits = 16;
      EXPECT_TRUE(Alike(Middle(MakePng(pixels, png)), expected));
      WebpOptions webp;
      webp.profile = jpeg.profile;
      EXPECT_TRUE(Alike(Middle(MakeWebp(pixels, webp)), expected));
      OiioOptions tiff;
      tiff.profile = jpeg.profile;
      EXPECT_TRUE(Alike(Middle(MakeByOiio("tif", pixels, tiff)), expected));
    }
  }
}

TEST_F(ColourProfileTest, TheSmallerSizesAreConvertedOnce) {
  JpegOptions options;
  options.profile = RgbProfile(kAdobeRgb);
  const absl::StatusOr<Rendering> rendering = Render(
      MakeJpeg(Plain(900, 600, {200, 60, 60}), options), Recipes("b=512:jpeg:95,s=100:jpeg:95"));
  ASSERT_TRUE(rendering.ok()) << rendering.status();
  const Rgba expected = ToSrgb(kAdobeRgb, {200, 60, 60});
  for (const RenderedImage& image : rendering->images) {
    EXPECT_TRUE(Alike(DecodeJpeg(image.data).At(50, 30), expected));
  }
}

TEST_F(ColourProfileTest, AnSrgbProfileChangesNothingAndKeepsThePlanes) {
  JpegOptions options;
  const Pixels pixels = FourCorners(300, 200);
  const absl::StatusOr<Rendering> plain = Render(MakeJpeg(pixels, options));
  options.profile = RgbProfile(kSrgb);
  const absl::StatusOr<Rendering> tagged = Render(MakeJpeg(pixels, options));
  ASSERT_TRUE(plain.ok() && tagged.ok());
  EXPECT_EQ(plain->images[0].data, tagged->images[0].data);
}

TEST_F(ColourProfileTest, AlphaSurvivesTheConversion) {
  PngOptions options;
  options.alpha = true;
  options.profile = RgbProfile(kDisplayP3);
  const Rgba seen = Middle(MakePng(Plain(200, 200, {200, 60, 60, 128}), options));
  EXPECT_NEAR(seen.alpha, 128, 2);
  EXPECT_TRUE(Alike(seen, ToSrgb(kDisplayP3, {200, 60, 60})));
}

TEST_F(ColourProfileTest, GreyProfilesAreConverted) {
  for (const bool alpha : {false, true}) {
    PngOptions options;
    options.grey = true;
    options.alpha = alpha;
    options.profile = GreyProfile(1.0);
    EXPECT_TRUE(
        Near(Middle(MakePng(Plain(200, 200, {128, 128, 128}), options)), {188, 188, 188}, 2));
  }
  JpegOptions options;
  options.grey = true;
  options.luma_h = options.luma_v = 1;
  options.profile = GreyProfile(1.0);
  EXPECT_TRUE(Near(Middle(MakeJpeg(Plain(200, 200, {55, 55, 55}), options)), {128, 128, 128}, 3));
}

TEST_F(ColourProfileTest, PngsGammaIsFollowed) {
  PngOptions options;
  options.gamma = 1.0;
  EXPECT_TRUE(Near(Middle(MakePng(Plain(200, 200, {128, 55, 0}), options)), {188, 128, 0}, 3));
  options.gamma = 0.45455;
  EXPECT_TRUE(Near(Middle(MakePng(Plain(200, 200, {128, 55, 0}), options)), {128, 55, 0}, 3));
}

TEST_F(ColourProfileTest, ABrokenProfileIsAsGoodAsNone) {
  const std::string whole = RgbProfile(kProPhoto);
  std::string nonsense(600, 'x');
  for (const std::string& profile : {nonsense, whole.substr(0, 150), OddInksProfile()}) {
    JpegOptions options;
    options.profile = profile;
    ExpectUprightFourCorners(Thumbnail(MakeJpeg(FourCorners(300, 200), options)));
    WebpOptions webp;
    webp.profile = profile;
    ExpectUprightFourCorners(Thumbnail(MakeWebp(FourCorners(300, 200), webp)));
  }
}

TEST_F(ColourProfileTest, AGreyProfileOnAColourPictureIsIgnored) {
  JpegOptions options;
  options.profile = GreyProfile(1.0);
  ExpectUprightFourCorners(Thumbnail(MakeJpeg(FourCorners(300, 200), options)));
}
}  // namespace
}  // namespace hestia
