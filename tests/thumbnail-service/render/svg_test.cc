#include <algorithm>
#include <string>

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>

#include "tests/thumbnail-service/render/exotic_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
class SvgTest : public RenderingTest {
 protected:
  explicit SvgTest(RenderLimits limits = Unhurried()) : RenderingTest(BuiltRenderers(), limits) {}

  // The drawing `body` in a box of 300 x 200, `attributes` instead of which may be given.
  static std::string Svg(absl::string_view body,
                         absl::string_view attributes = "width='300' height='200'") {
    return absl::StrCat("<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg' ",
                        "xmlns:xlink='http://www.w3.org/1999/xlink' ", attributes, ">", body,
                        "</svg>");
  }
  static std::string Corners() {
    return "<rect width='150' height='100' fill='#dc1e1e'/>"
           "<rect x='150' width='150' height='100' fill='#1eb428'/>"
           "<rect y='100' width='150' height='100' fill='#2832dc'/>"
           "<rect x='150' y='100' width='150' height='100' fill='#e6dc28'/>";
  }
};

TEST_F(SvgTest, ADrawingIsDrawnAtTheThumbnailsSize) {
  for (const char* attributes :
       {"width='300' height='200'", "viewBox='0 0 300 200'", "",
        "width='30' height='20' viewBox='0 0 300 200'", "width='100%' viewBox='0 0 300 200'"}) {
    SCOPED_TRACE(attributes);
    const Pixels pixels = Thumbnail(Svg(Corners(), attributes), 150);
    EXPECT_EQ(pixels.width, 150);
    EXPECT_EQ(pixels.height, 100);
    ExpectUprightFourCorners(pixels);
    EXPECT_TRUE(Near(pixels.At(71, 25), kRed)) << "sharp, for it was not enlarged";
  }
}

TEST_F(SvgTest, EveryRecipeIsMadeOfIt) {
  const auto rendering =
      Render(Svg(Corners()), Recipes("a=300,b=90:png,c=80:avif:90,d=60:jpeg:90:2:cover"));
  ASSERT_TRUE(rendering.ok()) << rendering.status();
  for (const RenderedImage& image : rendering->images) ExpectUprightFourCorners(Decode(image));
  EXPECT_EQ(rendering->images[3].width_px, 60);
  EXPECT_EQ(rendering->images[3].height_px, 60);
}

TEST_F(SvgTest, ADrawingInUtf16IsReadInBothOrdersOfBytes) {
  for (const bool little : {true, false}) {
    std::string wide = little ? "\xff\xfe" : "\xfe\xff";
    for (const char letter : absl::StrReplaceAll(
             Svg("<!-- \1 -->" + Corners()), {{"version='1.0'", "version='1.0' encoding='UTF-16'"}})) {
      // A letter that is not ASCII.
      const std::string unit = letter == '\1' ? "\x17\x01" : std::string({letter, '\0'});
      wide += little ? unit : std::string(unit.rbegin(), unit.rend());
    }
    const Pixels pixels = Thumbnail(wide, 150);
    EXPECT_EQ(pixels.height, 100);
    ExpectUprightFourCorners(pixels);
  }
}

TEST_F(SvgTest, WhatIsNotDrawnIsTransparent) {
  const std::string half = Svg("<rect width='150' height='200' fill='#dc1e1e' fill-opacity='0.5'/>");
  const Pixels pixels = Thumbnail(half, 150);
  EXPECT_NEAR(pixels.At(30, 50).alpha, 128, 2);
  EXPECT_NEAR(pixels.At(30, 50).red, kRed.red, 6);
  EXPECT_EQ(pixels.At(120, 50).alpha, 0);
  EXPECT_TRUE(Near(JpegThumbnail(half, 150).At(120, 50), {255, 255, 255}));
}

TEST_F(SvgTest, TextIsDrawn) {
  const Pixels pixels = Thumbnail(
      Svg("<rect width='300' height='200' fill='white'/>"
          "<text x='10' y='150' font-size='150' font-family='sans-serif'>MMM</text>"));
  int dark = 0;
  for (const Rgba& colour : pixels.colours) dark += colour.red < 100 ? 1 : 0;
  EXPECT_GT(dark, 300);
}

TEST_F(SvgTest, DataWithinTheFileIsDrawn) {
  const std::string png = MakePng(Plain(30, 20, kGreen));
  const Pixels pixels = Thumbnail(
      Svg(absl::StrCat("<image width='300' height='200' xlink:href='data:image/png;base64,",
                       absl::Base64Escape(png), "'/>")));
  EXPECT_TRUE(Near(pixels.At(60, 40), kGreen));
}

TEST_F(SvgTest, NothingOutsideOfTheFileIsRead) {
  folder_.Write("secret.png", MakePng(Plain(300, 200, kRed)));
  folder_.Write("secret.svg", Svg(Corners()));
  for (const std::string& reference :
       {absl::StrCat("file://", folder_.path(), "/secret.png"), folder_.path() + "/secret.png",
        std::string("secret.png"), absl::StrCat("file://", folder_.path(), "/secret.svg"),
        std::string("http://127.0.0.1:9/secret.png"), std::string("/proc/self/environ")}) {
    SCOPED_TRACE(reference);
    const Pixels pixels = Thumbnail(Svg(
        absl::StrCat("<image width='300' height='200' xlink:href='", reference, "'/>",
                     "<rect x='290' width='10' height='200' fill='#2832dc'/>")));
    EXPECT_EQ(pixels.At(20, 20).alpha, 0);
    EXPECT_TRUE(Near(pixels.At(126, 40), kBlue)) << "the rest is drawn";
  }
  const std::string entity = absl::StrCat(
      "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file://", folder_.path(), "/secret.svg'>]>",
      "<svg xmlns='http://www.w3.org/2000/svg' width='300' height='200'>&x;</svg>");
  const auto rendering = Render(entity, Recipes("a=100:png"));
  if (rendering.ok()) {
    EXPECT_EQ(Decode(rendering->images[0]).At(20, 20).alpha, 0);
  }
}

TEST_F(SvgTest, EntitiesThatMultiplyAreNoTrouble) {
  std::string laughs = "<!DOCTYPE svg [<!ENTITY a '<rect width=\"9\" height=\"9\"/>'>";
  for (char name = 'b'; name <= 'j'; ++name) {
    const char before = static_cast<char>(name - 1);
    absl::StrAppend(&laughs, "<!ENTITY ", std::string(1, name), " '");
    for (int i = 0; i < 10; ++i) absl::StrAppend(&laughs, "&", std::string(1, before), ";");
    laughs += "'>";
  }
  laughs += "]><svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>&j;</svg>";
  EXPECT_FALSE(Render(laughs).ok());
  ExpectUprightFourCorners(Thumbnail(Svg(Corners())));
}

TEST_F(SvgTest, WhatCannotBeDrawnIsAVerdict) {
  EXPECT_EQ(Reason(Render(Svg(Corners()).substr(0, 200)).status()), "DECODE_FAILED");
  EXPECT_EQ(Reason(Render(Svg("", "")).status()), "DECODE_FAILED");
  ExpectUprightFourCorners(Thumbnail(MakeBmp(FourCorners(300, 200))));
}

// A strip of red, green in its middle, and blue. Filled by it, a square of 512 would make it
// 128,000 long, which is more than any limit: it is made as long as may be.
TEST_F(SvgTest, ASquareIsFilledByALongStripAsFinelyAsTheLimitsAllow) {
  const absl::string_view strip =
      "<rect width='400' height='4' fill='#dc1e1e'/>"
      "<rect x='400' width='200' height='4' fill='#1eb428'/>"
      "<rect x='600' width='400' height='4' fill='#2832dc'/>";
  for (const bool upright : {false, true}) {
    const std::string svg =
        upright ? Svg(absl::StrCat("<g transform='matrix(0 1 1 0 0 0)'>", strip, "</g>"),
                      "width='4' height='1000'")
                : Svg(strip, "width='1000' height='4'");
    const auto rendering = Render(svg, Recipes("a=512:png:80:1:cover,b=200:png"));
    ASSERT_TRUE(rendering.ok()) << rendering.status();
    const Pixels square = Decode(rendering->images[0]);
    EXPECT_EQ(square.width, square.height);
    EXPECT_GT(square.width, 100);
    EXPECT_TRUE(Near(square.At(square.width / 2, square.height / 2), kGreen));
    EXPECT_TRUE(Near(square.At(2, square.height - 3), kGreen));
    const Pixels inside = Decode(rendering->images[1]);
    EXPECT_EQ(std::max(inside.width, inside.height), 200);
    EXPECT_TRUE(Near(inside.At(0, 0), kRed));
    EXPECT_TRUE(Near(inside.At(inside.width - 1, inside.height - 1), kBlue));
  }
  const auto ribbon =
      Render(Svg(Corners(), "width='9000' height='1'"), Recipes("a=64:webp:80:2:cover"));
  ASSERT_TRUE(ribbon.ok()) << ribbon.status();
  EXPECT_EQ(ribbon->images[0].width_px, ribbon->images[0].height_px);
}

class FewSvgPixelsTest : public SvgTest {
 protected:
  FewSvgPixelsTest() : SvgTest(Limits()) {}
  static RenderLimits Limits() {
    RenderLimits limits = Unhurried();
    limits.formats = ParseFormatLimits("svg=10000:side=150").value();
    return limits;
  }
};

TEST_F(FewSvgPixelsTest, ACoverKeepsToTheLimitsAndWhatFitsInsideHasToBeWithinThem) {
  for (const char* sides :
       {"width='300' height='200'", "width='200' height='300'", "width='1' height='1'",
        "width='100000' height='1'", "width='3' height='40000'", "width='147' height='101'"}) {
    const auto rendering = Render(Svg(Corners(), sides), Recipes("a=2000:png:80:1:cover"));
    ASSERT_TRUE(rendering.ok()) << sides << rendering.status();
    EXPECT_LE(rendering->source_width_px * rendering->source_height_px, 10'000);
    EXPECT_LE(std::max(rendering->source_width_px, rendering->source_height_px), 150);
  }
  EXPECT_EQ(Reason(Render(Svg(Corners()), Recipes("a=151")).status()), "TOO_LARGE");
  const auto both = Render(Svg(Corners()), Recipes("a=151,b=20:webp:80:2:cover"));
  EXPECT_EQ(Reason(both.status()), "TOO_LARGE");
}
}  // namespace
}  // namespace hestia
