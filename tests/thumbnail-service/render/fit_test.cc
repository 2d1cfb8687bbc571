#include <string>

#include <absl/strings/str_cat.h>

#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
constexpr Rgba kGrey{32, 48, 64};
constexpr char kGreyText[] = "203040";
constexpr Rgba kWhite{255, 255, 255};

class FitTest : public RenderingTest {
 protected:
  // The pixels of the only thumbnail of a recipe, given without its name.
  Pixels By(absl::string_view recipe, const std::string& bytes) {
    const std::vector<Recipe> recipes = Recipes(absl::StrCat("one=", recipe));
    const absl::StatusOr<Rendering> rendering = Render(bytes, recipes);
    if (!rendering.ok()) {
      ADD_FAILURE() << rendering.status();
      return Plain(1, 1, {});
    }
    return Decode(rendering->images[0]);
  }
  static void ExpectSize(const Pixels& pixels, int width, int height) {
    EXPECT_EQ(pixels.width, width);
    EXPECT_EQ(pixels.height, height);
  }
};

// Red, green, blue from left to right, or from above when `upright`.
Pixels ThreeStripes(int length, int breadth, bool upright) {
  Pixels pixels = Plain(upright ? breadth : length, upright ? length : breadth, kRed);
  for (int y = 0; y < pixels.height; ++y) {
    for (int x = 0; x < pixels.width; ++x) {
      const int at = (upright ? y : x) * 3 / length;
      pixels.At(x, y) = at == 0 ? kRed : at == 1 ? kGreen : kBlue;
    }
  }
  return pixels;
}

// Opaque in the left half, nothing in the right one.
Pixels HalfTransparent(int width, int height) {
  Pixels pixels = Plain(width, height, kBlue);
  for (int y = 0; y < height; ++y) {
    for (int x = width / 2; x < width; ++x) pixels.At(x, y) = {0, 255, 0, 0};
  }
  return pixels;
}

std::string TransparentPng(const Pixels& pixels) {
  PngOptions options;
  options.alpha = true;
  return MakePng(pixels, options);
}

TEST_F(FitTest, CoverIsASquareOfTheBoxThatTheImageFills) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    SCOPED_TRACE(orientation);
    const Pixels stored = StoredAs(FourCorners(401, 300), orientation);
    JpegOptions jpeg;
    PngOptions png;
    WebpOptions webp;
    jpeg.orientation = png.orientation = webp.orientation = orientation;
    for (const std::string& bytes :
         {MakeJpeg(stored, jpeg), MakePng(stored, png), MakeWebp(stored, webp)}) {
      const Pixels pixels = By("100:webp:95:2:cover", bytes);
      ExpectSize(pixels, 100, 100);
      ExpectUprightFourCorners(pixels);
      // All four meet in the square's middle, so it is that of the picture.
      EXPECT_TRUE(Near(pixels.At(45, 45), kRed, 16));
      EXPECT_TRUE(Near(pixels.At(54, 54), kYellow, 16));
    }
  }
}

TEST_F(FitTest, CoverShowsTheMiddle) {
  for (const bool upright : {false, true}) {
    for (const int length : {300, 303, 310, 333}) {
      SCOPED_TRACE(testing::Message() << length << (upright ? " upright" : ""));
      const Pixels stripes = ThreeStripes(length, 60, upright);
      for (const std::string& bytes : {MakeJpeg(stripes), MakePng(stripes), MakeWebp(stripes)}) {
        const Pixels pixels = By("60:webp:95:2:cover", bytes);
        ExpectSize(pixels, 60, 60);
        for (const int at : {2, 30, 57}) {
          EXPECT_TRUE(Near(pixels.At(at, at), kGreen)) << at;
        }
      }
    }
  }
}

TEST_F(FitTest, CoverNeverEnlargesAndStaysSquare) {
  ExpectSize(By("100:webp:95:2:cover", MakePng(FourCorners(60, 41))), 41, 41);
  ExpectSize(By("100:webp:95:2:cover", MakePng(Plain(1, 3000, kRed))), 1, 1);
  ExpectUprightFourCorners(By("100:webp:95:2:cover", MakePng(FourCorners(60, 60))));
}

TEST_F(FitTest, ContainPutsAllOfTheImageAmidTheBackground) {
  JpegOptions grey;
  grey.grey = true;
  for (const char* format : {"webp", "jpeg"}) {
    const std::string recipe = absl::StrCat("120:", format, ":95:2:contain:", kGreyText);
    const Pixels wide = By(recipe, MakeJpeg(FourCorners(400, 200)));
    ExpectSize(wide, 120, 120);
    EXPECT_TRUE(Near(wide.At(60, 10), kGrey)) << format;
    EXPECT_TRUE(Near(wide.At(60, 110), kGrey)) << format;
    EXPECT_TRUE(Near(wide.At(20, 40), kRed)) << format;
    EXPECT_TRUE(Near(wide.At(100, 80), kYellow)) << format;
    const Pixels tall = By(recipe, MakeWebp(Plain(100, 300, kBlue)));
    EXPECT_TRUE(Near(tall.At(10, 60), kGrey)) << format;
    EXPECT_TRUE(Near(tall.At(60, 2), kBlue)) << format;
    const Pixels plain = By(recipe, MakeJpeg(Plain(400, 200, {90, 90, 90}), grey));
    EXPECT_TRUE(Near(plain.At(60, 60), {90, 90, 90})) << format;
    EXPECT_TRUE(Near(plain.At(60, 10), kGrey)) << format;
  }
}

TEST_F(FitTest, ContainLeavesASmallImageAsItIs) {
  const Pixels pixels = By("100:webp:95:2:contain:203040", MakePng(Plain(20, 10, kRed)));
  ExpectSize(pixels, 100, 100);
  EXPECT_TRUE(Near(pixels.At(50, 50), kRed, 16));
  EXPECT_TRUE(Near(pixels.At(36, 50), kGrey));
  EXPECT_TRUE(Near(pixels.At(50, 58), kGrey));
}

TEST_F(FitTest, WithoutABackgroundWhatIsAroundIsTransparentAndInJpegWhite) {
  const std::string source = MakeJpeg(Plain(400, 200, kRed));
  const Pixels webp = By("120:webp:95:2:contain", source);
  ExpectSize(webp, 120, 120);
  EXPECT_EQ(webp.At(60, 10).alpha, 0);
  EXPECT_TRUE(Near(webp.At(60, 60), kRed));
  const Pixels jpeg = By("120:jpeg:95:2:contain", source);
  EXPECT_TRUE(Near(jpeg.At(60, 10), kWhite));
  EXPECT_TRUE(Near(jpeg.At(60, 60), kRed));
}

TEST_F(FitTest, TheBackgroundIsSeenThroughWhatIsTransparent) {
  const std::string source = TransparentPng(HalfTransparent(200, 200));
  for (const char* fit : {"inside", "cover", "contain"}) {
    for (const char* format : {"webp", "jpeg"}) {
      SCOPED_TRACE(testing::Message() << fit << " " << format);
      const Pixels pixels = By(absl::StrCat("100:", format, ":95:2:", fit, ":", kGreyText), source);
      EXPECT_TRUE(Near(pixels.At(25, 50), kBlue));
      EXPECT_TRUE(Near(pixels.At(75, 50), kGrey)) << "opaque";
    }
    const Pixels kept = By(absl::StrCat("100:webp:95:2:", fit), source);
    EXPECT_EQ(kept.At(75, 50).alpha, 0) << fit;
  }
  EXPECT_TRUE(Near(By("100:jpeg:95", source).At(75, 50), kWhite));
}

// Half-covered pixels show half of each, not a dark rim.
TEST_F(FitTest, HalfTransparentColoursAreMixedWithTheBackground) {
  const std::string source = TransparentPng(Plain(200, 200, {200, 100, 0, 128}));
  const Pixels pixels = By("100:jpeg:95:2:inside:0064c8", source);
  EXPECT_TRUE(Near(pixels.At(50, 50), {100, 100, 100}, 4));
}

TEST_F(FitTest, AllFitsComeFromOneDecodeInTheRecipesOrder) {
  const std::vector<Recipe> recipes =
      Recipes("a=64:webp:90:2:cover,b=300:webp,c=100:jpeg:90:2:contain:ffffff,d=200:webp:90:2:cover");
  const auto rendering = Render(MakeJpeg(FourCorners(900, 600)), recipes);
  ASSERT_TRUE(rendering.ok()) << rendering.status();
  for (std::size_t i = 0; i < recipes.size(); ++i) {
    const RenderedImage& image = rendering->images[i];
    SCOPED_TRACE(recipes[i].Definition());
    EXPECT_EQ(image.width_px, recipes[i].box_px);
    EXPECT_EQ(image.height_px, recipes[i].fit == Fit::kInside ? 200 : recipes[i].box_px);
    if (recipes[i].fit == Fit::kContain) continue;
    ExpectUprightFourCorners(DecodeWebp(image.data));
  }
}

TEST_F(FitTest, InksAndProfilesAreCutAndFramedInTheirColours) {
  JpegOptions inks;
  inks.cmyk = true;
  const std::string source = MakeJpeg(FourCorners(300, 200), inks);
  const Pixels inside = By("100:webp:95", source);
  const Pixels cut = By("66:webp:95:2:cover", source);
  EXPECT_TRUE(Near(cut.At(8, 8), inside.At(25, 8)));
  const Pixels framed = By("100:webp:95:2:contain:203040", source);
  EXPECT_TRUE(Near(framed.At(10, 26), inside.At(10, 10)));
  EXPECT_TRUE(Near(framed.At(50, 5), kGrey));
}
}  // namespace
}  // namespace hestia
