#include <absl/strings/str_cat.h>

#include "tests/thumbnail-service/render/exotic_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
class OutputFormatsTest : public RenderingTest {
 protected:
  std::string Encoded(absl::string_view recipe, const std::string& bytes) {
    const auto rendering = Render(bytes, Recipes(absl::StrCat("one=", recipe)));
    if (!rendering.ok()) ADD_FAILURE() << rendering.status();
    return rendering.ok() ? rendering->images[0].data : "";
  }
};

std::string WithAlpha(const Pixels& pixels) {
  PngOptions options;
  options.alpha = true;
  return MakePng(pixels, options);
}

Pixels HalfGlass(int width, int height) {
  Pixels pixels = FourCorners(width, height);
  for (Rgba& colour : pixels.colours) colour.alpha = colour == kYellow ? 0 : colour == kBlue ? 128 : 255;
  return pixels;
}

TEST_F(OutputFormatsTest, AThinLineKeepsItsColoursBesideAPngOfIt) {
  Pixels line = Plain(4, 4000, kRed);
  for (int y = 2000; y < 4000; ++y) {
    for (int x = 0; x < 4; ++x) line.At(x, y) = kBlue;
  }
  const auto rendering = Render(MakeJpeg(line), Recipes("jpeg=512:jpeg,webp=400:webp,png=256:png"));
  ASSERT_TRUE(rendering.ok()) << rendering.status();
  const Pixels jpeg = DecodeJpeg(rendering->images[0].data);
  EXPECT_TRUE(Near(jpeg.At(0, 100), kRed, 24));
  EXPECT_TRUE(Near(jpeg.At(0, 400), kBlue, 24));
  const Pixels webp = DecodeWebp(rendering->images[1].data);
  EXPECT_TRUE(Near(webp.At(0, 80), kRed, 24));
  EXPECT_TRUE(Near(webp.At(0, 320), kBlue, 24));
}

TEST_F(OutputFormatsTest, APngOfAPngThatFitsHasEveryPixelOfIt) {
  Pixels pixels = HalfGlass(60, 40);
  // What is invisible has no colour.
  for (Rgba& colour : pixels.colours) {
    if (colour.alpha == 0) colour = {0, 0, 0, 0};
  }
  const Pixels seen = DecodePng(Encoded("100:png", WithAlpha(pixels)));
  ASSERT_EQ(seen.width, 60);
  ASSERT_EQ(seen.height, 40);
  for (int y = 0; y < 40; ++y) {
    for (int x = 0; x < 60; ++x) ASSERT_TRUE(Near(seen.At(x, y), pixels.At(x, y), 1)) << x << " " << y;
  }
}

TEST_F(OutputFormatsTest, PngIsMadeOfEveryKindOfPicture) {
  const Pixels corners = FourCorners(300, 200);
  for (const std::string& bytes :
       {MakeJpeg(corners), MakePng(corners), MakeWebp(corners), MakeBmp(corners)}) {
    ExpectUprightFourCorners(DecodePng(Encoded("100:png", bytes)));
  }
  JpegOptions grey;
  grey.grey = true;
  const std::string png = Encoded("100:png", MakeJpeg(Plain(300, 200, {90, 90, 90}), grey));
  EXPECT_EQ(png[25], 0) << "grey samples";
  EXPECT_TRUE(Near(DecodePng(png).At(50, 30), {90, 90, 90}, 2));
}

// Half-size chroma would make one purple of both.
TEST_F(OutputFormatsTest, PngKeepsTheChromaThatAJpegHas) {
  Pixels stripes = Plain(64, 64, kRed);
  for (int y = 0; y < 64; ++y) {
    for (int x = 1; x < 64; x += 2) stripes.At(x, y) = kBlue;
  }
  JpegOptions options;
  options.luma_h = options.luma_v = 1;
  const std::vector<Recipe> recipes = Recipes("png=64:png,webp=64:webp:95,jpeg=64:jpeg:95");
  const auto rendering = Render(MakeJpeg(stripes, options), recipes);
  ASSERT_TRUE(rendering.ok()) << rendering.status();
  const Pixels png = DecodePng(rendering->images[0].data);
  EXPECT_TRUE(Near(png.At(30, 30), kRed, 24));
  EXPECT_TRUE(Near(png.At(31, 30), kBlue, 24));
  const Pixels webp = DecodeWebp(rendering->images[1].data);
  EXPECT_NEAR(webp.At(30, 30).red, webp.At(31, 30).red, 60) << "4:2:0, as the format has it";
  EXPECT_EQ(DecodeJpeg(rendering->images[2].data).width, 64);
}

TEST_F(OutputFormatsTest, MoreEffortMakesAPngNoLarger) {
  const std::string source = MakeWebp(FourCorners(900, 700));
  const std::size_t quick = Encoded("512:png:80:0", source).size();
  const std::size_t small = Encoded("512:png:80:6", source).size();
  EXPECT_LE(small, quick);
}

TEST_F(OutputFormatsTest, AvifIsMadeOfEveryKindOfPicture) {
  const Pixels corners = FourCorners(301, 200);
  for (const std::string& bytes : {MakeJpeg(corners), MakePng(corners), MakeWebp(corners),
                                   MakeBmp(corners), MakeTiff(corners)}) {
    const Pixels seen = DecodeAvif(Encoded("100:avif:90", bytes));
    EXPECT_EQ(seen.width, 100);
    EXPECT_EQ(seen.height, 66);
    ExpectUprightFourCorners(seen);
  }
  JpegOptions turned;
  turned.orientation = 6;
  EXPECT_EQ(DecodeAvif(Encoded("100:avif", MakeJpeg(corners, turned))).height, 100);
  JpegOptions grey;
  grey.grey = true;
  const std::string plain = MakeJpeg(Plain(300, 200, {90, 90, 90}), grey);
  EXPECT_TRUE(Near(DecodeAvif(Encoded("100:avif:90", plain)).At(50, 30), {90, 90, 90}, 4));
}

TEST_F(OutputFormatsTest, AvifKeepsAlphaOrShowsTheBackground) {
  const std::string source = WithAlpha(HalfGlass(200, 200));
  const Pixels kept = DecodeAvif(Encoded("100:avif:90", source));
  EXPECT_TRUE(Near(kept.At(20, 20), kRed));
  EXPECT_NEAR(kept.At(20, 80).alpha, 128, 8);
  EXPECT_NEAR(kept.At(80, 80).alpha, 0, 8);
  const Pixels laid = DecodeAvif(Encoded("100:avif:90:2:inside:203040", source));
  EXPECT_TRUE(Near(laid.At(80, 80), {32, 48, 64}));
}

TEST_F(OutputFormatsTest, AvifTakesAnySize) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 9}, {9, 1}, {37, 21}, {64, 3}}) {
    const Pixels seen = DecodeAvif(Encoded("64:avif:90", MakePng(Plain(width, height, kRed))));
    EXPECT_EQ(seen.width, width);
    EXPECT_EQ(seen.height, height);
    EXPECT_TRUE(Near(seen.At(0, 0), kRed, 16));
  }
}

TEST_F(OutputFormatsTest, MoreQualityMakesAnAvifLarger) {
  Pixels waves = FourCorners(400, 400);
  for (std::size_t i = 0; i < waves.colours.size(); ++i) {
    waves.colours[i].green = static_cast<int>(i * i / 7 % 256);
  }
  const std::string source = MakePng(waves);
  EXPECT_LT(Encoded("200:avif:30", source).size(), Encoded("200:avif:80", source).size());
}

TEST_F(OutputFormatsTest, AllFourFormatsComeFromOneDecode) {
  const std::vector<Recipe> recipes = Recipes("a=120:avif:90,b=110:png,c=100:webp:90,d=90:jpeg:90");
  for (const std::string& bytes : {MakeJpeg(FourCorners(400, 300)), MakeBmp(FourCorners(400, 300))}) {
    const auto rendering = Render(bytes, recipes);
    ASSERT_TRUE(rendering.ok()) << rendering.status();
    for (const RenderedImage& image : rendering->images) {
      SCOPED_TRACE(std::string(FormatName(image.format)));
      ExpectUprightFourCorners(Decode(image));
    }
  }
}

// A worker lives on after an image, so a broken one must not be the next one's trouble.
TEST_F(OutputFormatsTest, ABrokenJpegForAvifIsAVerdictAndTheNextIsRendered) {
  const std::string jpeg = MakeJpeg(FourCorners(300, 200));
  const auto broken = Render(jpeg.substr(0, jpeg.size() / 2), Recipes("a=100:avif"));
  EXPECT_EQ(Reason(broken.status()), "DECODE_FAILED") << broken.status();
  ExpectUprightFourCorners(DecodeAvif(Encoded("100:avif:90", jpeg)));
}
}  // namespace
}  // namespace hestia
