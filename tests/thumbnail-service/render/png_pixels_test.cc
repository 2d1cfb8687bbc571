#include <png.h>
#include <zlib.h>

#include <string>
#include <utility>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
using PngPixelsTest = RenderingTest;

// Left half invisible but bright green, right half half-visible blue.
Pixels HalfInvisible(int width, int height) {
  Pixels pixels = Plain(width, height, {0, 255, 0, 0});
  for (int y = 0; y < height; ++y) {
    for (int x = width / 2; x < width; ++x) pixels.At(x, y) = {40, 50, 220, 128};
  }
  return pixels;
}

TEST_F(PngPixelsTest, ColoursAreRead) {
  for (const int width : {40, 300, 1500}) {
    ExpectUprightFourCorners(Thumbnail(MakePng(FourCorners(width, 200))));
    ExpectUprightFourCorners(JpegThumbnail(MakePng(FourCorners(width, 200))));
  }
}

// An animation of the picture and others that are not there.
std::string MakeApng(const Pixels& pixels, int frames) {
  std::string chunk("acTL", 4);
  for (int shift = 24; shift >= 0; shift -= 8) chunk.push_back(static_cast<char>(frames >> shift));
  chunk += std::string(4, '\0');
  const auto sum = crc32(0, reinterpret_cast<const Bytef*>(chunk.data()),
                         static_cast<uInt>(chunk.size()));
  std::string whole = std::string("\0\0\0\10", 4) + chunk;
  for (int shift = 24; shift >= 0; shift -= 8) whole.push_back(static_cast<char>(sum >> shift));
  std::string png = MakePng(pixels);
  return png.insert(8 + 12 + 13, whole);
}

class FewPngFramesTest : public RenderingTest {
 protected:
  FewPngFramesTest() : RenderingTest(BuiltRenderers(), Limits()) {}
  static RenderLimits Limits() {
    RenderLimits limits = Unhurried();
    limits.formats = ParseFormatLimits("png=frames=5").value();
    return limits;
  }
};

TEST_F(FewPngFramesTest, AnAnimationsFramesAreCountedBeforeItIsDecoded) {
  for (const int frames : {0, 1, 5}) {
    ExpectUprightFourCorners(Thumbnail(MakeApng(FourCorners(301, 200), frames)));
  }
  ExpectUprightFourCorners(Thumbnail(MakePng(FourCorners(301, 200))));
  for (const int frames : {6, 70'000}) {
    // Of its pixels nothing is there.
    const std::string apng = MakeApng(FourCorners(301, 200), frames).substr(0, 60);
    const absl::Status status = Render(apng).status();
    EXPECT_EQ(Reason(status), "TOO_LARGE") << status;
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr(absl::StrCat(frames, " frames")));
  }
}

TEST_F(PngPixelsTest, InterlacedFilesAreRead) {
  PngOptions options;
  options.interlaced = true;
  ExpectUprightFourCorners(Thumbnail(MakePng(FourCorners(701, 499), options)));
}

// Something everywhere, and no two rows alike.
Pixels Waves(int width, int height) {
  Pixels pixels = Plain(width, height, {});
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int alpha = (x + y) % 5 == 0 ? (x * 11 + y * 29) % 256 : 255;
      pixels.At(x, y) = {(x * 3 + y * 7) % 256, (x * y) % 251, (x * x + 5 * y) % 256, alpha};
    }
  }
  return pixels;
}

// Interlaced files, which libpng reads from beginning to end, say what is right.
TEST_F(PngPixelsTest, EveryRowFilterIsUndone) {
  for (const int bits : {8, 16}) {
    for (const bool grey : {false, true}) {
      for (const bool alpha : {false, true}) {
        PngOptions options;
        options.bits = bits;
        options.grey = grey;
        options.alpha = alpha;
        options.interlaced = true;
        const absl::StatusOr<Rendering> expected = Render(MakePng(Waves(53, 37), options));
        ASSERT_TRUE(expected.ok()) << expected.status();
        options.interlaced = false;
        for (const int filter : {PNG_FILTER_NONE, PNG_FILTER_SUB, PNG_FILTER_UP, PNG_FILTER_AVG,
                                 PNG_FILTER_PAETH, PNG_ALL_FILTERS}) {
          options.filters = filter;
          const absl::StatusOr<Rendering> rendering = Render(MakePng(Waves(53, 37), options));
          ASSERT_TRUE(rendering.ok()) << rendering.status();
          EXPECT_TRUE(rendering->images[0].data == expected->images[0].data)
              << bits << " bits, grey " << grey << ", alpha " << alpha << ", filter " << filter;
        }
      }
    }
  }
}

TEST_F(PngPixelsTest, SixteenBitsAreReducedToEight) {
  PngOptions options;
  options.bits = 16;
  ExpectUprightFourCorners(Thumbnail(MakePng(FourCorners(600, 400), options)));
  options.grey = true;
  const Rgba grey{200, 200, 200};
  EXPECT_TRUE(Near(Thumbnail(MakePng(Plain(600, 400, grey), options)).At(60, 40), grey, 2));
}

TEST_F(PngPixelsTest, GreyIsRead) {
  PngOptions options;
  options.grey = true;
  for (const int level : {0, 128, 255}) {
    const Rgba grey{level, level, level};
    EXPECT_TRUE(Near(Thumbnail(MakePng(Plain(300, 300, grey), options)).At(60, 60), grey, 2));
  }
}

TEST_F(PngPixelsTest, FewBitsAreSpreadOverAllLevels) {
  for (const int bits : {1, 2, 4}) {
    PngOptions options;
    options.grey = true;
    options.bits = bits;
    const int steps = (1 << bits) - 1;
    for (int step = 0; step <= steps; ++step) {
      const int level = 255 * step / steps;
      const Rgba grey{level, level, level};
      EXPECT_TRUE(Near(Thumbnail(MakePng(Plain(70, 50, grey), options)).At(30, 20), grey, 2));
    }
  }
}

TEST_F(PngPixelsTest, PalettesOfFewBitsAreRead) {
  for (const int bits : {2, 4}) {
    PngOptions options;
    options.palette = true;
    options.bits = bits;
    ExpectUprightFourCorners(Thumbnail(MakePng(FourCorners(301, 200), options)));
  }
}

TEST_F(PngPixelsTest, ImagesOfOddShapesAreRead) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 20'000}, {20'000, 1}, {65'535, 2}}) {
    SCOPED_TRACE(testing::Message() << width << "x" << height);
    const Pixels pixels = Thumbnail(MakePng(Plain(width, height, kBlue)));
    EXPECT_TRUE(Near(pixels.At(pixels.width / 2, pixels.height / 2), kBlue));
  }
}

TEST_F(PngPixelsTest, AlphaIsKeptAndInvisibleColoursDoNotBleed) {
  PngOptions options;
  options.alpha = true;
  const Pixels pixels = Thumbnail(MakePng(HalfInvisible(900, 600), options));
  EXPECT_EQ(pixels.At(10, 40).alpha, 0);
  EXPECT_TRUE(Near(pixels.At(100, 40), {40, 50, 220, 128}));
  // Next to the border a mean over straight colours would be greenish.
  EXPECT_LT(pixels.At(65, 40).green, 80);
}

TEST_F(PngPixelsTest, AlphaLiesOnWhiteInAJpegThumbnail) {
  PngOptions options;
  options.alpha = true;
  const Pixels pixels = JpegThumbnail(MakePng(HalfInvisible(900, 600), options));
  EXPECT_TRUE(Near(pixels.At(10, 40), {255, 255, 255}));
  EXPECT_TRUE(Near(pixels.At(100, 40), {147, 152, 237}));
}

TEST_F(PngPixelsTest, GreyWithAlphaIsRead) {
  PngOptions options;
  options.alpha = true;
  options.grey = true;
  const Rgba grey{180, 180, 180, 100};
  EXPECT_TRUE(Near(Thumbnail(MakePng(Plain(600, 400, grey), options)).At(60, 40), grey, 6));
  options.bits = 16;
  EXPECT_TRUE(Near(Thumbnail(MakePng(Plain(600, 400, grey), options)).At(60, 40), grey, 6));
}

TEST_F(PngPixelsTest, PalettesAreRead) {
  PngOptions options;
  options.palette = true;
  ExpectUprightFourCorners(Thumbnail(MakePng(FourCorners(600, 400), options)));
}

TEST_F(PngPixelsTest, PalettesWithTransparencyAreRead) {
  PngOptions options;
  options.palette = true;
  options.alpha = true;
  const Pixels pixels = Thumbnail(MakePng(HalfInvisible(900, 600), options));
  EXPECT_EQ(pixels.At(10, 40).alpha, 0);
  EXPECT_TRUE(Near(pixels.At(100, 40), {40, 50, 220, 128}));
}

TEST_F(PngPixelsTest, AnOpaqueImageGetsNoAlpha) {
  PngOptions options;
  options.alpha = true;
  const absl::StatusOr<Rendering> rendering = Render(MakePng(FourCorners(300, 300), options));
  ASSERT_TRUE(rendering.ok()) << rendering.status();
  EXPECT_EQ(rendering->images[0].data.substr(12, 4), "VP8 ");
}
}  // namespace
}  // namespace hestia
