#include "tests/thumbnail-service/render/bitmap_images.h"
#include "tests/thumbnail-service/render/colour_profiles.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
constexpr std::uint32_t kRle8 = 1;
constexpr std::uint32_t kRle4 = 2;
constexpr std::uint32_t kMasks = 3;
constexpr std::uint32_t kAlphaMasks = 6;

const std::vector<Rgba> kPalette{kRed, kGreen, kBlue, kYellow};

std::uint32_t IndexOf(const Rgba& colour) {
  std::uint32_t index = 0;
  while (!(kPalette[index] == colour)) ++index;
  return index;
}

// A channel of 8 bits in as many as the mask has.
std::uint32_t Masked(int value, std::uint32_t mask) {
  if (mask == 0) return 0;
  std::uint32_t shift = 0;
  while ((mask >> shift & 1) == 0) ++shift;
  const double most = mask >> shift;
  return static_cast<std::uint32_t>(value * most / 255 + 0.5) << shift;
}

Bitmap OfSize(int width, int height, int bits) {
  Bitmap bitmap;
  bitmap.width = width;
  bitmap.height = height;
  bitmap.bits = bits;
  return bitmap;
}

// The four quarters; what no mask names is `rest`.
Bitmap Quarters(int header, int bits, std::uint32_t compression,
                const std::vector<std::uint32_t>& masks, std::uint32_t rest = 0) {
  const Pixels pixels = FourCorners(61, 41);
  Bitmap bitmap = OfSize(pixels.width, pixels.height, bits);
  bitmap.header = header;
  bitmap.compression = compression;
  bitmap.masks = masks;
  const auto mask = [&](std::size_t i) { return i < masks.size() ? masks[i] : 0; };
  bitmap.pixels = BitmapRows(RowsOf(pixels, false,
                                    [&](const Rgba& c) {
                                      return Masked(c.red, mask(0)) | Masked(c.green, mask(1)) |
                                             Masked(c.blue, mask(2)) | Masked(c.alpha, mask(3)) |
                                             rest;
                                    }),
                             bits);
  return bitmap;
}

const std::vector<std::uint32_t> kUsual{0xff0000, 0xff00, 0xff};
const std::vector<std::uint32_t> kUsualAndAlpha{0xff0000, 0xff00, 0xff, 0xff000000};

class BmpPixelsTest : public RenderingTest {
 protected:
  // As PNG, so that single rows keep their colours.
  Pixels Shown(const Bitmap& bitmap) {
    const auto rendering = Render(MakeBitmap(bitmap), Recipes("one=128:png"));
    if (!rendering.ok()) {
      ADD_FAILURE() << rendering.status();
      return Plain(128, 128, {});
    }
    return DecodePng(rendering->images[0].data);
  }
  void ExpectQuarters(const Bitmap& bitmap) {
    ExpectUprightFourCorners(Shown(bitmap), /*tolerance=*/9);
  }
};

TEST_F(BmpPixelsTest, AFourthByteThatNothingNamesIsNoAlpha) {
  for (const std::uint32_t rest : {0U, 0x80000000U, 0xff000000U}) {
    SCOPED_TRACE(rest);
    Bitmap plain = Quarters(40, 32, 0, kUsual, rest);
    plain.masks.clear();
    ExpectQuarters(plain);
    ExpectQuarters(Quarters(40, 32, kMasks, kUsual, rest));
    ExpectQuarters(Quarters(52, 32, kMasks, kUsual, rest));
    for (const int header : {56, 108, 124}) {
      ExpectQuarters(Quarters(header, 32, kMasks, {0xff0000, 0xff00, 0xff, 0}, rest));
    }
  }
}

TEST_F(BmpPixelsTest, AlphaIsWhatAMaskNames) {
  for (const auto& [header, compression] : std::vector<std::pair<int, std::uint32_t>>{
           {40, kAlphaMasks}, {56, kMasks}, {108, kMasks}, {124, kMasks}, {108, 0}, {124, 0}}) {
    SCOPED_TRACE(testing::Message() << header << ", " << compression);
    Bitmap bitmap = OfSize(60, 40, 32);
    bitmap.header = header;
    bitmap.compression = compression;
    bitmap.masks = kUsualAndAlpha;
    Pixels pixels = Plain(60, 40, {200, 100, 50, 255});
    for (int y = 0; y < 40; ++y) {
      for (int x = 30; x < 60; ++x) pixels.At(x, y) = {200, 100, 50, 51};
    }
    bitmap.pixels = BitmapRows(RowsOf(pixels, false,
                                      [](const Rgba& c) {
                                        return static_cast<std::uint32_t>(
                                            c.alpha << 24 | c.red << 16 | c.green << 8 | c.blue);
                                      }),
                               32);
    const Pixels shown = Shown(bitmap);
    EXPECT_TRUE(Near(shown.At(10, 20), {200, 100, 50, 255}));
    EXPECT_TRUE(Near(shown.At(50, 20), {200, 100, 50, 51}, 16));
  }
}

// Their headers have room for the mask, and programs fill it in and then leave the byte at 0.
TEST_F(BmpPixelsTest, APictureThatWouldBeAllTransparentIsNotMeantSoUnlessItSaysSo) {
  const std::vector<std::uint32_t> masks{0xff0000, 0xff00, 0xff, 0xff000000};
  for (const int header : {108, 124}) {
    Bitmap bitmap = Quarters(header, 32, 0, kUsual);
    bitmap.masks = masks;
    ExpectQuarters(bitmap);
    bitmap.compression = kMasks;
    EXPECT_EQ(Shown(bitmap).At(10, 10).alpha, 0);
  }
}

TEST_F(BmpPixelsTest, MasksOfAnyOrderAndSizeAreFollowed) {
  ExpectQuarters(Quarters(40, 32, kMasks, {0xff, 0xff00, 0xff0000}));
  ExpectQuarters(Quarters(40, 32, kMasks, {0xff00, 0xff0000, 0xff000000}));
  ExpectQuarters(Quarters(40, 32, kMasks, {0x3ff00000, 0xffc00, 0x3ff}));
  ExpectQuarters(Quarters(124, 32, kMasks, {0xff000000, 0xff0000, 0xff00, 0xff}));
  ExpectQuarters(Quarters(40, 16, kMasks, {0xf800, 0x7e0, 0x1f}));
  ExpectQuarters(Quarters(40, 16, kMasks, {0x1f, 0x7e0, 0xf800}));
  ExpectQuarters(Quarters(40, 16, kMasks, {0xf00, 0xf0, 0xf}, 0xf000));
  ExpectQuarters(Quarters(56, 16, kMasks, {0x7c00, 0x3e0, 0x1f, 0x8000}));
}

TEST_F(BmpPixelsTest, WithoutMasksSixteenBitsAreThreeTimesFive) {
  Bitmap bitmap = Quarters(40, 16, 0, {0x7c00, 0x3e0, 0x1f}, 0x8000);
  bitmap.masks.clear();
  ExpectQuarters(bitmap);
}

TEST_F(BmpPixelsTest, WhatIsNotReadIsSaidToBeUnsupported) {
  Bitmap apart = Quarters(40, 32, kMasks, {0xf0f, 0xff0000, 0xff000000});
  Bitmap nothing = Quarters(40, 32, kMasks, {0, 0, 0});
  Bitmap jpeg = Quarters(40, 24, 4, {});
  Bitmap huffman = OfSize(60, 40, 1);
  huffman.header = 64;
  huffman.compression = 3;
  for (const Bitmap& bitmap : {apart, nothing, jpeg, huffman}) {
    const absl::Status status = Render(MakeBitmap(bitmap)).status();
    EXPECT_EQ(Reason(status), "UNSUPPORTED_FORMAT") << status;
  }
}

TEST_F(BmpPixelsTest, EveryPaletteAndEitherOrderOfRowsIsRead) {
  for (const int header : {12, 16, 40, 64, 108, 124}) {
    for (const int bits : {2, 4, 8}) {
      for (const bool from_top : {false, true}) {
        if (header == 12 && from_top) continue;
        SCOPED_TRACE(testing::Message() << header << ", " << bits << from_top);
        const Pixels pixels = FourCorners(61, 41);
        Bitmap bitmap = OfSize(61, from_top ? -41 : 41, bits);
        bitmap.header = header;
        bitmap.palette = kPalette;
        bitmap.colours_used = 4;
        bitmap.pixels = BitmapRows(RowsOf(pixels, from_top, IndexOf), bits);
        ExpectQuarters(bitmap);
      }
    }
  }
}

TEST_F(BmpPixelsTest, OneBitChoosesOfTwoColours) {
  Bitmap bitmap = OfSize(61, 41, 1);
  bitmap.palette = {kBlue, kYellow};
  bitmap.pixels = BitmapRows(
      std::vector<std::vector<std::uint32_t>>(41,
                                              [] {
                                                std::vector<std::uint32_t> row(61, 1);
                                                std::fill(row.begin(), row.begin() + 30, 0);
                                                return row;
                                              }()),
      1);
  const Pixels shown = Shown(bitmap);
  EXPECT_TRUE(Near(shown.At(10, 20), kBlue));
  EXPECT_TRUE(Near(shown.At(50, 20), kYellow));
}

TEST_F(BmpPixelsTest, ThreeBytesAreReadFromEitherEnd) {
  for (const bool from_top : {false, true}) {
    Bitmap bitmap = OfSize(61, from_top ? -41 : 41, 24);
    bitmap.pixels =
        BitmapRows(RowsOf(FourCorners(61, 41), from_top,
                          [](const Rgba& c) {
                            return static_cast<std::uint32_t>(c.red << 16 | c.green << 8 | c.blue);
                          }),
                   24);
    ExpectQuarters(bitmap);
  }
}

// Runs, literal pixels, skipped ones and skipped rows, of bytes or of halves of them.
TEST_F(BmpPixelsTest, PackedPixelsAreReadWhateverWayTheyAreWritten) {
  for (const bool nibbles : {false, true}) {
    SCOPED_TRACE(nibbles);
    Bitmap bitmap = OfSize(32, 24, nibbles ? 4 : 8);
    bitmap.compression = nibbles ? kRle4 : kRle8;
    bitmap.palette = kPalette;
    std::string& data = bitmap.pixels;
    const auto both = [&](int index) { return static_cast<char>(nibbles ? index * 17 : index); };
    // From the bottom: eight rows of yellow runs.
    for (int i = 0; i < 8; ++i) {
      data += std::string("\x20", 1) + both(3) + std::string("\0\0", 2);
    }
    // Eight rows whose first 16 pixels are skipped and the others blue, one by one.
    for (int i = 0; i < 8; ++i) {
      data += std::string("\0\2\x10\0\0\x10", 6) + std::string(nibbles ? 8 : 16, both(2));
      data += std::string("\0\0", 2);
    }
    // To the middle of the last but one row; there green to its end, and no more.
    data += std::string("\0\2\x10\6\x10", 5) + both(1) + std::string("\0\1", 2);
    const Pixels shown = Shown(bitmap);
    ASSERT_EQ(shown.width, 32);
    EXPECT_TRUE(Near(shown.At(16, 16), kYellow, 0));
    EXPECT_TRUE(Near(shown.At(15, 15), kPalette[0], 0)) << "skipped";
    EXPECT_TRUE(Near(shown.At(16, 15), kBlue, 0));
    EXPECT_TRUE(Near(shown.At(31, 8), kBlue, 0));
    EXPECT_TRUE(Near(shown.At(16, 7), kPalette[0], 0)) << "skipped rows";
    EXPECT_TRUE(Near(shown.At(16, 2), kPalette[0], 0)) << "the last of them";
    EXPECT_TRUE(Near(shown.At(15, 1), kPalette[0], 0)) << "ahead of a skip's end";
    EXPECT_TRUE(Near(shown.At(16, 1), kGreen, 0)) << "a skip's end";
    EXPECT_TRUE(Near(shown.At(31, 0), kPalette[0], 0)) << "behind the end";
  }
}

TEST_F(BmpPixelsTest, ColoursOutsideOfThePaletteAreBlack) {
  Bitmap bitmap = OfSize(40, 40, 8);
  bitmap.palette = {kRed};
  bitmap.colours_used = 1;
  bitmap.pixels = std::string(1600, '\xc8');
  EXPECT_TRUE(Near(Shown(bitmap).At(20, 20), {0, 0, 0}));
}

TEST_F(BmpPixelsTest, WithoutAPaletteTheNumbersAreGreys) {
  Bitmap bitmap = OfSize(40, 40, 8);
  bitmap.pixels = std::string(1600, '\xc8');
  EXPECT_TRUE(Near(Shown(bitmap).At(20, 20), {200, 200, 200}));
}

TEST_F(BmpPixelsTest, AnEmbeddedProfileIsFollowed) {
  const Rgba colour{180, 90, 60};
  Bitmap bitmap = OfSize(60, 40, 24);
  bitmap.header = 124;
  bitmap.profile = RgbProfile(kProPhoto);
  bitmap.pixels =
      BitmapRows(RowsOf(Plain(60, 40, colour), false,
                        [](const Rgba& c) {
                          return static_cast<std::uint32_t>(c.red << 16 | c.green << 8 | c.blue);
                        }),
                 24);
  EXPECT_LT(ColourDifference(Shown(bitmap).At(30, 20), ToSrgb(kProPhoto, colour)), 3);
}

TEST_F(BmpPixelsTest, WhatIsCutShortIsAVerdict) {
  std::string whole = MakeBitmap(Quarters(40, 32, kMasks, kUsual));
  for (const std::size_t size :
       {whole.size() - 1, whole.size() / 2, std::size_t{70}, std::size_t{60}, std::size_t{20}}) {
    const absl::Status status = Render(whole.substr(0, size)).status();
    EXPECT_EQ(Reason(status), "DECODE_FAILED") << status;
  }
  Bitmap packed = OfSize(32, 24, 8);
  packed.compression = kRle8;
  packed.palette = kPalette;
  for (int i = 0; i < 12; ++i) packed.pixels += std::string("\x20\3\0\0", 4);
  const absl::Status status = Render(MakeBitmap(packed)).status();
  EXPECT_EQ(Reason(status), "DECODE_FAILED") << status;
}

using DamagedBmpTest = DamagedButRenderedTest;

TEST_F(DamagedBmpTest, RowsThatAreThereAreShown) {
  // The file begins with the lowest row.
  std::string bytes = MakeBitmap(Quarters(40, 32, kMasks, kUsual));
  const auto corners = CornersOf(Thumbnail(bytes.substr(0, bytes.size() * 6 / 10)));
  EXPECT_TRUE(Near(corners.bottom_left, kBlue));
  EXPECT_TRUE(Near(corners.bottom_right, kYellow));
  EXPECT_TRUE(Near(corners.top_left, {128, 128, 128}));
}
}  // namespace
}  // namespace hestia
