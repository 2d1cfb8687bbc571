// A format that is said to have a limit (HasLimit) is held to it: what no other test shows.
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>

#include "tests/thumbnail-service/render/bitmap_images.h"
#include "tests/thumbnail-service/render/colour_profiles.h"
#include "tests/thumbnail-service/render/exotic_images.h"
#include "tests/thumbnail-service/render/heif_images.h"
#include "tests/thumbnail-service/render/jxl_images.h"
#include "tests/thumbnail-service/render/limited_rendering.h"
#include "tests/thumbnail-service/render/oiio_images.h"
#include "tests/thumbnail-service/render/raw_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
using LimitsOfFormatsTest = LimitedRenderingTest;

std::string BigEndian(std::size_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
  return bytes;
}

// The box that tells the colours by a number tells them by the profile.
std::string WithProfile(std::string jp2, const std::string& profile) {
  const std::size_t colours = jp2.find("colr") - 4;
  const std::string box =
      BigEndian(4 + 4 + 3 + profile.size()) + "colr" + std::string("\2\0\0", 3) + profile;
  constexpr std::size_t kNumbersBox = 15;
  const std::size_t header = jp2.find("jp2h") - 4;
  std::size_t header_bytes = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    header_bytes = header_bytes << 8 | static_cast<unsigned char>(jp2[header + i]);
  }
  jp2.replace(colours, kNumbersBox, box);
  return jp2.replace(header, 4, BigEndian(header_bytes + box.size() - kNumbersBox));
}

// An icon of one picture, which is a PNG of these sides.
std::string MakeIco(const std::string& png, int side) {
  std::string ico("\0\0\1\0\1\0", 6);
  ico.append(2, static_cast<char>(side)).append(std::string("\0\0\1\0\x20\0", 6));
  for (const std::size_t value : {png.size(), std::size_t{22}}) {
    const std::string big = BigEndian(value);
    ico.append(big.rbegin(), big.rend());
  }
  return ico + png;
}

TEST_F(LimitsOfFormatsTest, Channels) {
  const Pixels pixels = FourCorners(64, 64);
  const std::vector<std::pair<const char*, std::string>> files{
      {"jpeg", MakeJpeg(pixels)},
      {"png", MakePng(pixels)},
      {"webp", MakeWebp(pixels)},
      {"gif", MakeGif(pixels)},
      {"tiff", MakeTiff(pixels)},
      {"bmp", MakeBmp(pixels)},
      {"heif", MakeHeic(pixels)},
      {"jpeg2000", MakeByOiio("jp2", pixels)},
      {"psd", MakePsd(pixels)},
      {"exr", MakeByOiio("exr", pixels)},
      {"hdr", MakeRadiance(64, 64, 0.5F)},
      {"dpx", MakeByOiio("dpx", pixels)},
      {"pnm", MakePpm(pixels)},
      {"raw", MakeDng(pixels)},
      {"raw",
       MakeDng(pixels, {.preview = MakeJpeg(pixels), .preview_width = 64, .preview_height = 64})},
      {"ico", MakeIco(MakePng(pixels), 64)},
      {"sgi", MakeByOiio("sgi", pixels)},
      {"jxl", MakeJxl(pixels)}};
  for (const auto& [format, bytes] : files) {
    SCOPED_TRACE(format);
    const auto within = Render(absl::StrCat(format, "=channels=4"), bytes);
    EXPECT_TRUE(within.ok()) << within.status();
    const absl::Status over = Render(absl::StrCat(format, "=channels=2"), bytes).status();
    EXPECT_EQ(Reason(over), "TOO_LARGE") << over;
  }
}

TEST_F(LimitsOfFormatsTest, FramesOfAHeif) {
  HeicOptions options;
  options.images = 3;
  const std::string heic = MakeHeic(FourCorners(64, 64), options);
  EXPECT_TRUE(Render("heif=frames=3", heic).ok());
  EXPECT_EQ(Reason(Render("heif=frames=2", heic).status()), "TOO_LARGE");
}

TEST_F(LimitsOfFormatsTest, ALargerProfileCountsAsNone) {
  const std::string profile = RgbProfile(kProPhoto);
  const Rgba colour{180, 90, 60};
  const Rgba converted = ToSrgb(kProPhoto, colour);
  const Pixels pixels = Plain(80, 80, colour);
  PsdOptions psd;
  PngOptions png;
  JpegOptions jpeg;
  JxlOptions jxl;
  psd.profile = png.profile = jpeg.profile = jxl.profile = profile;
  PsdOptions indexed = psd;
  indexed.mode = 2;
  indexed.planes = {std::string(80 * 80, '\0')};
  indexed.palette = std::string(256, '\xb4') + std::string(256, '\x5a') + std::string(256, '\x3c');
  Bitmap bitmap;
  bitmap.width = bitmap.height = 80;
  bitmap.header = 124;
  bitmap.profile = profile;
  bitmap.pixels = BitmapRows(
      std::vector(80, std::vector<std::uint32_t>(80, static_cast<std::uint32_t>(
                                                         colour.red << 16 | colour.green << 8 |
                                                         colour.blue))),
      24);
  const DngOptions raw{
      .preview = MakeJpeg(pixels, jpeg), .preview_width = 80, .preview_height = 80};
  for (const auto& [format, bytes] : std::vector<std::pair<const char*, std::string>>{
           {"psd", MakePsd(pixels, psd)},
           {"psd", MakePsd(pixels, indexed)},
           {"bmp", MakeBitmap(bitmap)},
           {"jpeg2000", WithProfile(MakeByOiio("jp2", pixels), profile)},
           {"ico", MakeIco(MakePng(pixels, png), 80)},
           {"jxl", MakeJxl(pixels, jxl)},
           {"raw", MakeDng(pixels, raw)}}) {
    SCOPED_TRACE(format);
    const std::string setting = absl::StrCat(format, "=icc=");
    const Rgba within = Middle(absl::StrCat(setting, profile.size()), bytes);
    EXPECT_LT(ColourDifference(within, converted), 3) << within.red << "," << within.green;
    const Rgba over = Middle(absl::StrCat(setting, profile.size() - 1), bytes);
    EXPECT_LT(ColourDifference(over, colour), 3) << over.red << "," << over.green;
  }
}

TEST_F(LimitsOfFormatsTest, ScansAndExifOfACameraRawsPreview) {
  JpegOptions jpeg;
  jpeg.progressive = true;
  const Pixels pixels = FourCorners(96, 64);
  const std::string scans = MakeDng(
      pixels, {.preview = MakeJpeg(pixels, jpeg), .preview_width = 96, .preview_height = 64});
  EXPECT_TRUE(Render("raw=scans=10", scans).ok());
  EXPECT_EQ(Reason(Render("raw=scans=9", scans).status()), "TOO_LARGE");
  jpeg.progressive = false;
  jpeg.orientation = 3;
  const std::string turned = MakeDng(
      pixels,
      {.preview = MakeJpeg(StoredAs(pixels, 3), jpeg), .preview_width = 96, .preview_height = 64});
  ExpectUprightFourCorners(Decode(Render("raw=exif=1000", turned)->images[0]));
  const Corners upside_down = CornersOf(Decode(Render("raw=exif=10", turned)->images[0]));
  EXPECT_TRUE(Near(upside_down.top_left, kYellow));
}
}  // namespace
}  // namespace hestia
