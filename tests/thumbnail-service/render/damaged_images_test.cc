#include "tests/thumbnail-service/render/exotic_images.h"
#include "tests/thumbnail-service/render/oiio_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
class DamagedImagesTest : public RenderingTest {
 protected:
  void ExpectDecodeFailed(const std::string& bytes) {
    const absl::Status status = Render(bytes).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_EQ(Reason(status), "DECODE_FAILED");
    EXPECT_FALSE(status.message().empty());
  }
};

// Noise, so that half of the file is half of the picture.
Pixels Noise(int width, int height) {
  Pixels pixels = Plain(width, height, {});
  std::uint32_t state = 1;
  for (Rgba& colour : pixels.colours) {
    state = state * 1664525U + 1013904223U;
    colour = {static_cast<int>(state >> 24), static_cast<int>(state >> 16 & 255),
              static_cast<int>(state >> 8 & 255), 255};
  }
  return pixels;
}

TEST_F(DamagedImagesTest, FilesCutShortAreToldAsSuch) {
  JpegOptions progressive;
  progressive.progressive = true;
  for (const std::string& whole :
       {MakeJpeg(Noise(300, 300)), MakeJpeg(Noise(300, 300), progressive), MakePng(Noise(300, 300)),
        MakeWebp(Noise(300, 300))}) {
    for (const std::size_t part : {2U, 4U, 10U}) {
      const absl::Status status = Render(whole.substr(0, whole.size() / part)).status();
      EXPECT_EQ(Reason(status), "DECODE_FAILED") << status;
      EXPECT_NE(status.message().find("cut short"), absl::string_view::npos) << status;
    }
  }
}

// OpenImageIO does not always say so of a file whose strips are read together.
TEST_F(DamagedImagesTest, ATiffCutShortIsAVerdict) {
  for (const int bits : {8, 16}) {
    const std::string whole = MakeTiff(Noise(300, 300), 1, bits);
    for (const std::size_t tenths : {3U, 7U, 9U}) {
      ExpectDecodeFailed(whole.substr(0, whole.size() * tenths / 10));
    }
  }
}

TEST_F(DamagedImagesTest, OnlyAHeaderIsADecodeError) {
  ExpectDecodeFailed(std::string("\xff\xd8\xff\xe0"));
  ExpectDecodeFailed("\x89PNG\r\n\x1a\n");
  ExpectDecodeFailed(std::string("RIFF\x10\0\0\0WEBPVP8 ", 16));
}

TEST_F(DamagedImagesTest, ANoisyMiddleNeverHangsOrCrashes) {
  JpegOptions progressive;
  progressive.progressive = true;
  for (std::string bytes : {MakeJpeg(Noise(200, 200)), MakeJpeg(Noise(200, 200), progressive),
                            MakePng(Noise(200, 200)), MakeWebp(Noise(200, 200))}) {
    for (std::size_t at = bytes.size() / 3; at < bytes.size() / 2; at += 7) bytes[at] ^= 0x55;
    const absl::Status status = Render(bytes).status();
    EXPECT_TRUE(status.ok() || Reason(status) == "DECODE_FAILED") << status;
  }
  std::string png = MakePng(Noise(200, 200));
  png[png.size() / 2] ^= 0x55;
  ExpectDecodeFailed(png);
}

TEST_F(DamagedButRenderedTest, WhatIsThereOfAJpegIsRenderedAndItSaysWhatIsMissing) {
  for (const bool progressive : {false, true}) {
    JpegOptions options;
    options.progressive = progressive;
    const std::string whole = MakeJpeg(FourCorners(1200, 900), options);
    // A small thumbnail of a progressive file needs no more than its beginning.
    const auto recipes = Recipes(progressive ? "a=1200:webp:95" : "a=120:webp:95");
    const auto rendering = Render(whole.substr(0, whole.size() * 7 / 10), recipes);
    ASSERT_TRUE(rendering.ok()) << rendering.status();
    EXPECT_NE(rendering->damage.find("cut short"), std::string::npos) << rendering->damage;
    const Corners corners = CornersOf(Decode(rendering->images[0]));
    EXPECT_TRUE(Near(corners.top_left, kRed, 24)) << "the upper half was there";
    EXPECT_TRUE(Near(corners.top_right, kGreen, 24));
    EXPECT_EQ(Render(whole).value().damage, "");
  }
}

// How many rows from the top are the same, pixel by pixel.
int SameRows(const Pixels& one, const Pixels& other) {
  int same = 0;
  for (; same < one.height; ++same) {
    for (int x = 0; x < one.width; ++x) {
      if (one.At(x, same) != other.At(x, same)) return same;
    }
  }
  return same;
}

constexpr Rgba kMissing{128, 128, 128};
constexpr Rgba kInvisible{0, 0, 0, 0};

Pixels NoisyGlass() {
  Pixels pixels = Noise(300, 300);
  for (std::size_t i = 0; i < pixels.colours.size(); ++i) {
    pixels.colours[i].alpha = i % 3 == 0 ? 255 : 90;
  }
  return pixels;
}

// So that packing it is worth while, and damage is noticed.
Pixels FewColours(int side = 300) {
  Pixels pixels = Noise(side, side);
  for (Rgba& colour : pixels.colours) colour = {colour.red & 0xc0, colour.green & 0xc0, 128, 255};
  return pixels;
}

struct Cut {
  const char* name;
  std::string whole;
  Rgba missing = kMissing;
};

std::vector<Cut> CutFiles() {
  PngOptions glass;
  glass.alpha = true;
  PngOptions deep;
  deep.bits = 16;
  PngOptions palette;
  palette.palette = true;
  WebpOptions lossless;
  lossless.lossless = true;
  WebpOptions webp_glass;
  webp_glass.lossless = webp_glass.alpha = true;
  return {{"PNG", MakePng(Noise(300, 300))},
          {"PNG with alpha", MakePng(NoisyGlass(), glass), kInvisible},
          {"PNG of 16 bits", MakePng(Noise(300, 300), deep)},
          {"PNG with a palette", MakePng(FewColours(), palette)},
          {"WebP", MakeWebp(Noise(300, 300))},
          {"lossless WebP", MakeWebp(Noise(300, 300), lossless)},
          {"WebP with alpha", MakeWebp(NoisyGlass(), webp_glass), kInvisible},
          {"TIFF", MakeTiff(Noise(300, 300))},
          {"TIFF of 16 bits", MakeTiff(Noise(300, 300), 1, 16)},
          {"PPM", MakePpm(Noise(300, 300))}};
}

TEST_F(DamagedButRenderedTest, TheTopOfAFileCutShortIsThatOfTheWholeAndTheRestIsMissing) {
  const auto recipes = Recipes("a=300:png");
  for (const Cut& file : CutFiles()) {
    SCOPED_TRACE(file.name);
    const auto whole = Render(file.whole, recipes);
    const auto cut = Render(file.whole.substr(0, file.whole.size() * 7 / 10), recipes);
    ASSERT_TRUE(whole.ok()) << whole.status();
    EXPECT_EQ(whole->damage, "");
    ASSERT_TRUE(cut.ok()) << cut.status();
    EXPECT_NE(cut->damage, "");
    const Pixels pixels = Decode(cut->images[0]);
    const int same = SameRows(Decode(whole->images[0]), pixels);
    EXPECT_GT(same, 300 * 55 / 100) << cut->damage;
    EXPECT_LT(same, 300 * 3 / 4);
    EXPECT_TRUE(Near(pixels.At(150, 299), file.missing, 4));
  }
}

TEST_F(DamagedButRenderedTest, AnInterlacedPngCutShortIsWholeButCoarse) {
  PngOptions options;
  options.interlaced = true;
  const std::string whole = MakePng(FourCorners(800, 600), options);
  const auto cut = Render(whole.substr(0, whole.size() - whole.size() / 3));
  ASSERT_TRUE(cut.ok()) << cut.status();
  EXPECT_NE(cut->damage, "");
  ExpectUprightFourCorners(Decode(cut->images[0]));
  ExpectUprightFourCorners(Thumbnail(whole));
}

TEST_F(DamagedButRenderedTest, WhatFollowsAPngsDamageIsShownAsFarAsItCanBeUnpacked) {
  const auto recipes = Recipes("a=300:png");
  std::string png = MakePng(Noise(300, 300));
  const Pixels whole = Decode(Render(png, recipes).value().images[0]);
  png[png.size() / 2] ^= 0x55;
  const auto damaged = Render(png, recipes);
  ASSERT_TRUE(damaged.ok()) << damaged.status();
  EXPECT_NE(damaged->damage.find("CRC"), std::string::npos) << damaged->damage;
  EXPECT_GT(SameRows(whole, Decode(damaged->images[0])), 120);
}

TEST_F(DamagedButRenderedTest, ATiffsStripsAroundTheDamageAreShown) {
  // Whole tiles: what lies beside the picture in others is what was in memory, and packed
  // differently each time.
  constexpr int kSide = 320;
  const auto recipes = Recipes("a=320:png");
  for (const bool tiled : {false, true}) {
    SCOPED_TRACE(tiled);
    OiioOptions options;
    // OpenImageIO unpacks zipped ones by itself, and takes what comes of it.
    options.compression = "lzw";
    options.tiled = tiled;
    std::string tiff = MakeByOiio("tif", FewColours(kSide), options);
    const Pixels whole = Decode(Render(tiff, recipes).value().images[0]);
    // No code that was made already.
    for (std::size_t i = 0; i < 40; ++i) tiff[tiff.size() / 2 + i] = '\xff';
    const auto damaged = Render(tiff, recipes);
    ASSERT_TRUE(damaged.ok()) << damaged.status();
    EXPECT_NE(damaged->damage.find("rows cannot be read"), std::string::npos) << damaged->damage;
    const Pixels pixels = Decode(damaged->images[0]);
    EXPECT_GT(SameRows(whole, pixels), 60);
    EXPECT_EQ(pixels.At(10, kSide - 1), whole.At(10, kSide - 1)) << "the last strip is whole";
  }
}

TEST_F(DamagedButRenderedTest, WithoutAnImageItIsAVerdictStill) {
  const std::string jpeg = MakeJpeg(FourCorners(300, 200));
  EXPECT_EQ(Reason(Render(jpeg.substr(0, 60)).status()), "DECODE_FAILED");
  for (const Cut& file : CutFiles()) {
    SCOPED_TRACE(file.name);
    EXPECT_EQ(Reason(Render(file.whole.substr(0, 60)).status()), "DECODE_FAILED");
  }
}
}  // namespace
}  // namespace hestia
