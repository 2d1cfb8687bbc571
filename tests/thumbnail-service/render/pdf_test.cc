#include <algorithm>
#include <string>
#include <vector>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
// A PDF of these objects, numbered from 1, of which the first is the catalogue.
std::string Assemble(const std::vector<std::string>& objects, absl::string_view trailer = "") {
  std::string pdf = "%PDF-1.7\n";
  std::string table = absl::StrFormat("xref\n0 %d\n0000000000 65535 f \n", objects.size() + 1);
  for (std::size_t i = 0; i < objects.size(); ++i) {
    absl::StrAppendFormat(&table, "%010d 00000 n \n", pdf.size());
    absl::StrAppend(&pdf, i + 1, " 0 obj\n", objects[i], "\nendobj\n");
  }
  const std::size_t table_at = pdf.size();
  absl::StrAppend(&pdf, table, "trailer\n<< /Size ", objects.size() + 1, " /Root 1 0 R ", trailer,
                  " >>\nstartxref\n", table_at, "\n%%EOF\n");
  return pdf;
}

std::string Stream(absl::string_view attributes, absl::string_view data) {
  return absl::StrCat("<< /Length ", data.size(), " ", attributes, " >>\nstream\n", data,
                      "\nendstream");
}

std::string Fill(const Rgba& colour, absl::string_view rectangle) {
  return absl::StrFormat("%g %g %g rg %s re f\n", colour.red / 255.0, colour.green / 255.0,
                         colour.blue / 255.0, std::string(rectangle));
}

// Quarters of a page of 300 x 200, whose y goes up.
std::string CornerFills() {
  return Fill(kRed, "0 100 150 100") + Fill(kGreen, "150 100 150 100") +
         Fill(kBlue, "0 0 150 100") + Fill(kYellow, "150 0 150 100");
}

struct PdfOptions {
  std::string page = "/MediaBox [0 0 300 200]";
  std::string resources = "";
  std::vector<std::string> more = {};  // objects from number 6 on
  std::string trailer = "";
};

// Page 1 draws `content`, page 2 is red.
std::string MakePdf(const std::string& content, const PdfOptions& options = {}) {
  const std::string page =
      absl::StrCat("/Type /Page /Parent 2 0 R /Resources << ", options.resources, " >> ");
  std::vector<std::string> objects = {
      "<< /Type /Catalog /Pages 2 0 R >>",
      "<< /Type /Pages /Count 2 /Kids [3 0 R 5 0 R] >>",
      absl::StrCat("<< ", page, options.page, " /Contents 4 0 R >>"),
      Stream("", content),
      absl::StrCat("<< ", page, " /MediaBox [0 0 50 50] >>"),
  };
  objects.insert(objects.end(), options.more.begin(), options.more.end());
  return Assemble(objects, options.trailer);
}

using PdfTest = RenderingTest;

TEST_F(PdfTest, TheFirstPageIsDrawnAtTheThumbnailsSize) {
  for (const int box : {150, 600}) {
    const Pixels pixels = Thumbnail(MakePdf(CornerFills()), box);
    EXPECT_EQ(pixels.width, box);
    EXPECT_EQ(pixels.height, box * 2 / 3);
    ExpectUprightFourCorners(pixels);
    EXPECT_TRUE(Near(pixels.At(box / 2 - 4, box / 6), kRed)) << "sharp, for it was not enlarged";
  }
}

TEST_F(PdfTest, EveryRecipeIsMadeOfIt) {
  const auto rendering =
      Render(MakePdf(CornerFills()), Recipes("a=300,b=90:png,c=80:avif:90,d=60:jpeg:90:2:cover"));
  ASSERT_TRUE(rendering.ok()) << rendering.status();
  for (const RenderedImage& image : rendering->images) ExpectUprightFourCorners(Decode(image));
}

TEST_F(PdfTest, WhatIsNotDrawnIsPaper) {
  const Pixels pixels = Thumbnail(MakePdf(Fill(kRed, "0 0 150 200")));
  EXPECT_TRUE(Near(pixels.At(20, 40), kRed));
  EXPECT_TRUE(Near(pixels.At(100, 40), {255, 255, 255}));
}

TEST_F(PdfTest, ATurnedPageIsShownTurned) {
  PdfOptions options;
  options.page = "/MediaBox [0 0 300 200] /Rotate 90";
  const Pixels pixels = Thumbnail(MakePdf(CornerFills(), options), 150);
  EXPECT_EQ(pixels.width, 100);
  EXPECT_EQ(pixels.height, 150);
  const Corners corners = CornersOf(pixels);
  EXPECT_TRUE(Near(corners.top_left, kBlue));
  EXPECT_TRUE(Near(corners.top_right, kRed));
}

TEST_F(PdfTest, TheCropBoxIsWhatIsShown) {
  PdfOptions options;
  options.page = "/MediaBox [0 0 300 200] /CropBox [0 100 150 200]";
  const Pixels pixels = Thumbnail(MakePdf(CornerFills(), options), 150);
  EXPECT_EQ(pixels.height, 100);
  EXPECT_TRUE(Near(pixels.At(140, 90), kRed));
}

TEST_F(PdfTest, TextIsDrawnThoughItsFontIsNotInTheFile) {
  PdfOptions options;
  options.resources = "/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>";
  const Pixels pixels = Thumbnail(MakePdf("BT /F1 120 Tf 10 50 Td (MMM) Tj ET", options));
  int dark = 0;
  for (const Rgba& colour : pixels.colours) dark += colour.red < 100 ? 1 : 0;
  EXPECT_GT(dark, 300);
}

struct Script {
  const char* font;
  const char* ordering;  // Adobe's collection of glyphs
  const char* encoding;  // one of its tables, which no PDF brings along
};

// The rectangle that dark pixels fill.
struct Box {
  int width = 0;
  int height = 0;
};
Box DarkBox(const Pixels& pixels) {
  int left = pixels.width;
  int right = -1;
  int top = pixels.height;
  int bottom = -1;
  for (int y = 0; y < pixels.height; ++y) {
    for (int x = 0; x < pixels.width; ++x) {
      if (pixels.At(x, y).red >= 100) continue;
      left = std::min(left, x);
      right = std::max(right, x);
      top = std::min(top, y);
      bottom = std::max(bottom, y);
    }
  }
  return {std::max(right - left + 1, 0), std::max(bottom - top + 1, 0)};
}

// The sign for one is a lying stroke, that for ten a cross: no substitute for a glyph looks like
// either. Both are the same in every script.
TEST_F(PdfTest, ChineseJapaneseAndKoreanTextIsDrawnThoughItsFontIsNotInTheFile) {
  for (const Script& script : {Script{"STSong-Light", "GB1", "UniGB-UCS2-H"},
                               Script{"MSung-Light", "CNS1", "UniCNS-UCS2-H"},
                               Script{"HeiseiMin-W3", "Japan1", "UniJIS-UCS2-H"},
                               Script{"HYSMyeongJo-Medium", "Korea1", "UniKS-UCS2-H"},
                               Script{"GothicBBB-Medium", "Japan1", "90ms-RKSJ-H"}}) {
    SCOPED_TRACE(script.encoding);
    PdfOptions options;
    options.resources = "/Font << /F1 6 0 R >>";
    options.more = {
        absl::StrCat("<< /Type /Font /Subtype /Type0 /BaseFont /", script.font, " /Encoding /",
                     script.encoding, " /DescendantFonts [7 0 R] >>"),
        absl::StrCat("<< /Type /Font /Subtype /CIDFontType0 /BaseFont /", script.font,
                     " /CIDSystemInfo << /Registry (Adobe) /Ordering (", script.ordering,
                     ") /Supplement 1 >> /FontDescriptor 8 0 R /DW 1000 >>"),
        absl::StrCat("<< /Type /FontDescriptor /FontName /", script.font,
                     " /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 "
                     "/Descent -120 /CapHeight 880 /StemV 93 >>")};
    const bool shift_jis = absl::StrContains(script.encoding, "RKSJ");
    const auto drawn = [&](const char* code) {
      return DarkBox(Thumbnail(
          MakePdf(absl::StrCat("BT /F1 160 Tf 60 40 Td <", code, "> Tj ET"), options), 300));
    };
    const Box one = drawn(shift_jis ? "88ea" : "4e00");
    EXPECT_GT(one.width, 100);
    EXPECT_GT(one.height, 2);
    EXPECT_LT(one.height, 40);
    const Box ten = drawn(shift_jis ? "8f5c" : "5341");
    EXPECT_GT(ten.width, 100);
    EXPECT_GT(ten.height, 100);
  }
}

TEST_F(PdfTest, PicturesInTheFileAreDrawn) {
  PdfOptions options;
  options.resources = "/XObject << /I 6 0 R >>";
  options.more = {
      Stream("/Type /XObject /Subtype /Image /Width 60 /Height 40 /BitsPerComponent 8 "
             "/ColorSpace /DeviceRGB /Filter /DCTDecode",
             MakeJpeg(FourCorners(60, 40)))};
  ExpectUprightFourCorners(Thumbnail(MakePdf("300 0 0 200 0 0 cm /I Do", options)), 24);
}

// The same picture in the file shows that it would be seen.
TEST_F(PdfTest, NothingOutsideOfTheFileIsRead) {
  const std::string jpeg = MakeJpeg(Plain(60, 40, kRed));
  folder_.Write("secret.jpg", jpeg);
  const auto drawn = [&](const std::string& where, const std::string& data) {
    PdfOptions options;
    options.resources = "/XObject << /I 6 0 R >>";
    options.more = {Stream(absl::StrCat("/Type /XObject /Subtype /Image /Width 60 /Height 40 "
                                        "/BitsPerComponent 8 /ColorSpace /DeviceRGB ",
                                        where),
                           data)};
    return Thumbnail(MakePdf(
        absl::StrCat("q 300 0 0 200 0 0 cm /I Do Q ", Fill(kBlue, "290 0 10 200")), options));
  };
  EXPECT_TRUE(Near(drawn("/Filter /DCTDecode", jpeg).At(20, 20), kRed));
  const Pixels pixels =
      drawn(absl::StrCat("/F (", folder_.path(), "/secret.jpg) /FFilter /DCTDecode"), "");
  EXPECT_FALSE(Near(pixels.At(20, 20), kRed, 60));
  EXPECT_TRUE(Near(pixels.At(126, 40), kBlue)) << "the rest is drawn";
}

TEST_F(PdfTest, AFileThatAsksForAPasswordIsToldAsSuch) {
  PdfOptions options;
  options.more = {absl::StrCat("<< /Filter /Standard /V 1 /R 2 /P -44 /O <", std::string(64, 'a'),
                               "> /U <", std::string(64, 'b'), "> >>")};
  options.trailer =
      "/Encrypt 6 0 R /ID [<00112233445566778899aabbccddeeff> "
      "<00112233445566778899aabbccddeeff>]";
  const absl::Status status = Render(MakePdf(CornerFills(), options)).status();
  EXPECT_EQ(Reason(status), "UNSUPPORTED_FORMAT") << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "password")) << status;
}

// Points are no pixels: a poster of any size is drawn as small as a stamp.
TEST_F(PdfTest, TheLimitsHoldForWhatIsDrawnWhateverThePageMeasures) {
  PdfOptions options;
  for (const char* box : {"[0 0 90000 60000]", "[0 0 3 2]"}) {
    options.page = absl::StrCat("/MediaBox ", box);
    const Pixels pixels = Thumbnail(MakePdf(Fill(kRed, "0 0 45000 60000"), options), 120);
    EXPECT_EQ(pixels.width, 120);
    EXPECT_EQ(pixels.height, 80);
    EXPECT_TRUE(Near(pixels.At(20, 20), kRed));
  }
  // To fill a square of 256 pixels, its longer side would have 256 x 300 of them.
  options.page = "/MediaBox [0 0 30000 100]";
  const auto strip =
      Render(MakePdf(Fill(kRed, "0 0 14000 100") + Fill(kGreen, "14000 0 2000 100"), options),
             Recipes("a=256:png:80:1:cover,b=60:png"));
  ASSERT_TRUE(strip.ok()) << strip.status();
  const Pixels square = Decode(strip->images[0]);
  EXPECT_EQ(square.width, square.height);
  EXPECT_GT(square.width, 100);
  EXPECT_TRUE(Near(square.At(2, 2), kGreen));
  EXPECT_TRUE(Near(Decode(strip->images[1]).At(2, 0), kRed));
}

TEST_F(PdfTest, WhatCannotBeDrawnIsAVerdict) {
  EXPECT_EQ(Reason(Render("%PDF-1.7\nnothing").status()), "DECODE_FAILED");
  PdfOptions options;
  options.page = "/MediaBox [0 0 0 0]";
  const auto empty = Render(MakePdf(CornerFills(), options));
  EXPECT_TRUE(empty.ok() || Reason(empty.status()) == "DECODE_FAILED") << empty.status();
  EXPECT_EQ(Reason(Render(Assemble({"<< /Type /Catalog /Pages 2 0 R >>",
                                    "<< /Type /Pages /Count 0 /Kids [] >>"}))
                       .status()),
            "DECODE_FAILED");
  ExpectUprightFourCorners(Thumbnail(MakePdf(CornerFills())));
}

class FewDrawnPixelsTest : public RenderingTest {
 protected:
  FewDrawnPixelsTest() : RenderingTest(BuiltRenderers(), Limits()) {}
  static RenderLimits Limits() {
    RenderLimits limits = Unhurried();
    limits.formats = ParseFormatLimits("pdf=10000").value();
    return limits;
  }
};

TEST_F(FewDrawnPixelsTest, TheLimitIsExactlyThatOfTheDrawing) {
  EXPECT_TRUE(Render(MakePdf(CornerFills()), Recipes("a=122")).ok()) << "122 x 81 = 9882";
  const absl::Status over = Render(MakePdf(CornerFills()), Recipes("a=123")).status();
  EXPECT_EQ(Reason(over), "TOO_LARGE") << over;
  EXPECT_TRUE(absl::StrContains(over.message(), "123 x 82 = 10086")) << over;
}

class FewPagesTest : public RenderingTest {
 protected:
  FewPagesTest() : RenderingTest(BuiltRenderers(), Limits()) {}
  static RenderLimits Limits() {
    RenderLimits limits = Unhurried();
    limits.formats = ParseFormatLimits("pdf=frames=1").value();
    return limits;
  }
};

TEST_F(FewPagesTest, ManyPagesMayBeALimit) {
  const absl::Status status = Render(MakePdf(CornerFills())).status();
  EXPECT_EQ(Reason(status), "TOO_LARGE") << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "2 frames or pages")) << status;
}
}  // namespace
}  // namespace hestia
