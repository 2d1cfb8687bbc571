#include <functional>
#include <string>

#include <absl/strings/str_cat.h>

#include "tests/thumbnail-service/render/bitmap_images.h"
#include "tests/thumbnail-service/render/colour_profiles.h"
#include "tests/thumbnail-service/render/exotic_images.h"
#include "tests/thumbnail-service/render/heif_images.h"
#include "tests/thumbnail-service/render/jxl_images.h"
#include "tests/thumbnail-service/render/limited_rendering.h"
#include "tests/thumbnail-service/render/oiio_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
// Each limit on a file that is just within and one that is just over.
class HeaderLimitsTest : public LimitedRenderingTest {
 protected:
  // `setting` with the number put behind it.
  void ExpectLimit(const std::string& setting, std::int64_t exact, const std::string& bytes) {
    SCOPED_TRACE(absl::StrCat(setting, exact));
    const auto within = Render(absl::StrCat(setting, exact), bytes);
    EXPECT_TRUE(within.ok()) << within.status();
    const absl::Status over = Render(absl::StrCat(setting, exact - 1), bytes).status();
    EXPECT_EQ(Reason(over), "TOO_LARGE") << over;
  }
};

std::string SomeFrames(const char* extension, int count) {
  OiioOptions options;
  for (int i = 1; i < count; ++i) options.later.push_back(Plain(40, 30, i % 2 == 0 ? kRed : kBlue));
  return MakeByOiio(extension, FourCorners(40, 30), options);
}

TEST_F(HeaderLimitsTest, PixelsAndSidesOfEachFormat) {
  const Pixels pixels = FourCorners(80, 60);
  const std::pair<const char*, std::string> files[] = {{"jpeg", MakeJpeg(pixels)},
                                                       {"png", MakePng(pixels)},
                                                       {"webp", MakeWebp(pixels)},
                                                       {"gif", MakeGif(pixels)},
                                                       {"tiff", MakeTiff(pixels)},
                                                       {"psd", MakePsd(pixels)},
                                                       {"bmp", MakeBmp(pixels)},
                                                       {"heif", MakeAvif(pixels)},
                                                       {"jpeg2000", MakeByOiio("jp2", pixels)},
                                                       {"exr", MakeByOiio("exr", pixels)},
                                                       {"hdr", MakeByOiio("hdr", pixels)},
                                                       {"dpx", MakeByOiio("dpx", pixels)},
                                                       {"pnm", MakePpm(pixels)},
                                                       {"ico", MakeByOiio("ico", pixels)},
                                                       {"sgi", MakeByOiio("sgi", pixels)},
                                                       {"jxl", MakeJxl(pixels)}};
  for (const auto& [format, bytes] : files) {
    ExpectLimit(absl::StrCat(format, "="), 4800, bytes);
    ExpectLimit(absl::StrCat(format, "=side="), 80, bytes);
  }
  ExpectLimit("all=side=", 80, MakePng(pixels));
  EXPECT_TRUE(Render("jpeg=side=10", MakePng(pixels)).ok()) << "another format's";
}

// What is left of `bytes` when all that follows the last of `marks`, and `more` bytes, is gone.
std::string UpTo(const std::string& bytes, std::initializer_list<std::string> marks,
                 std::size_t more = 0) {
  std::size_t at = 0;
  for (const std::string& mark : marks) {
    at = bytes.find(mark, at);
    if (at == std::string::npos) ADD_FAILURE() << "there is no " << mark;
    at += mark.size();
  }
  return bytes.substr(0, at + more);
}

// Each has a header and nothing to decode, which only those find out that try.
TEST_F(HeaderLimitsTest, NothingIsDecodedOfAFileWhoseHeaderIsOverALimit) {
  const Pixels pixels = FourCorners(80, 60);
  const std::string tiff = MakeTiff(pixels);
  const std::string avif = MakeAvif(pixels);
  const std::string heif = UpTo(avif, {"mdat"});
  const std::string jp2 = MakeByOiio("jp2", pixels);
  const std::string start_of_codestream = "\xff\x4f\xff\x51";
  const std::string size_marker = UpTo(jp2, {start_of_codestream}, 2 + 36 + 3 * 3);
  const std::pair<const char*, std::string> files[] = {
      {"jpeg", UpTo(MakeJpeg(pixels), {"\xff\xda"}, 12)},
      {"png", UpTo(MakePng(pixels), {"IDAT"})},
      {"webp", MakeWebp(pixels).substr(0, 30)},
      {"gif", MakeGif(pixels).substr(0, 13)},
      {"tiff", tiff.substr(0, tiff.size() - std::size_t{80} * 60 * 3)},
      {"psd", MakePsd(pixels).substr(0, 26)},
      {"bmp", MakeBmp(pixels).substr(0, 54)},
      {"heif", heif + std::string(avif.size() - heif.size(), '\0')},
      {"jpeg2000", size_marker},
      {"jpeg2000", size_marker.substr(jp2.find(start_of_codestream))},
      {"exr", UpTo(MakeByOiio("exr", pixels), {"screenWindowWidth"}, 64)},
      {"hdr", UpTo(MakeByOiio("hdr", pixels), {"\n\n", "\n"})},
      {"dpx", MakeByOiio("dpx", pixels).substr(0, 2048)},
      {"pnm", UpTo(MakePpm(pixels), {"255\n"})},
      {"ico", MakeByOiio("ico", pixels).substr(0, 6 + 16 + 40)},
      {"sgi", MakeByOiio("sgi", pixels).substr(0, 512)},
      {"jxl", MakeJxl(pixels).substr(0, 24)}};
  for (const auto& [format, bytes] : files) {
    SCOPED_TRACE(format);
    const absl::Status over = Render(absl::StrCat(format, "=side=79"), bytes).status();
    EXPECT_EQ(Reason(over), "TOO_LARGE") << over;
    const absl::Status within = Render(absl::StrCat(format, "=side=80"), bytes).status();
    EXPECT_EQ(Reason(within), "DECODE_FAILED") << within;
  }
}

// Runs of one pixel make a small file of a picture of any size.
TEST_F(HeaderLimitsTest, APackedBitmapIsJudgedBeforeItIsUnpacked) {
  Bitmap bitmap;
  bitmap.width = 20'000;
  bitmap.height = 15'000;
  bitmap.bits = 8;
  bitmap.compression = 1;
  bitmap.palette = std::vector<Rgba>(256, kRed);
  bitmap.pixels = std::string("\0\1", 2);
  const absl::Status status = Render("bmp=100000000", MakeBitmap(bitmap)).status();
  EXPECT_EQ(Reason(status), "TOO_LARGE") << status;
  EXPECT_NE(status.message().find("20000 x 15000"), absl::string_view::npos) << status;
}

TEST_F(HeaderLimitsTest, BytesOfTheFile) {
  const std::string png = MakePng(FourCorners(40, 30));
  ExpectLimit("png=:", static_cast<std::int64_t>(png.size()), png);
}

TEST_F(HeaderLimitsTest, Channels) {
  ExpectLimit("jpeg=channels=", 3, MakeJpeg(FourCorners(40, 30)));
  ExpectLimit("tiff=channels=", 3, MakeTiff(FourCorners(40, 30)));
  PsdOptions inks;
  inks.mode = 4;
  ExpectLimit("psd=channels=", 4, MakePsd(FourCorners(40, 30), inks));
  WebpOptions alpha;
  alpha.alpha = true;
  ExpectLimit("webp=channels=", 4, MakeWebp(Plain(40, 30, {9, 9, 9, 80}), alpha));
  PngOptions glass;
  glass.alpha = true;
  ExpectLimit("png=channels=", 4, MakePng(Plain(40, 30, {9, 9, 9, 80}), glass));
}

TEST_F(HeaderLimitsTest, FramesAndPages) {
  ExpectLimit("gif=frames=", 5, SomeFrames("gif", 5));
  ExpectLimit("tiff=frames=", 4, SomeFrames("tif", 4));
  ExpectLimit("webp=frames=", 2, MakeAnimatedWebp(FourCorners(40, 30), 0, 0, Plain(60, 50, kRed)));
}

// A plain picture of 400 x 400 pixels would take 640,000 bytes.
TEST_F(HeaderLimitsTest, WhatOneByteBecomes) {
  for (const std::string& bytes : {MakePng(Plain(400, 400, kRed)), MakeJpeg(Plain(400, 400, kRed)),
                                   MakeByOiio("tif", Plain(400, 400, kRed))}) {
    ExpectLimit("all=ratio=", 640'000 / static_cast<std::int64_t>(bytes.size()), bytes);
  }
}

TEST_F(HeaderLimitsTest, ScansOfAJpeg) {
  JpegOptions options;
  options.progressive = true;
  ExpectLimit("jpeg=scans=", 10, MakeJpeg(FourCorners(300, 200), options));
}

TEST_F(HeaderLimitsTest, ChunksOfAPngOtherThanItsPixels) {
  PngOptions options;
  options.palette = true;
  EXPECT_TRUE(Render("png=chunk=800", MakePng(FourCorners(40, 30), options)).ok());
  options.palette = false;
  options.profile = RgbProfile(kDisplayP3);
  const std::string png = MakePng(FourCorners(40, 30), options);
  EXPECT_TRUE(Render("png=chunk=100000", png).ok());
  const absl::Status status = Render("png=chunk=100", png).status();
  EXPECT_EQ(Reason(status), "TOO_LARGE") << status;
}

TEST_F(HeaderLimitsTest, ALargerProfileCountsAsNone) {
  const std::string profile = RgbProfile(kProPhoto);
  const Rgba colour{180, 90, 60};
  const Rgba converted = ToSrgb(kProPhoto, colour);
  JpegOptions jpeg;
  PngOptions png;
  WebpOptions webp;
  OiioOptions tiff;
  HeicOptions heic;
  jpeg.profile = png.profile = webp.profile = tiff.profile = heic.profile = profile;
  const Pixels pixels = Plain(80, 80, colour);
  for (const std::string& bytes :
       {MakeJpeg(pixels, jpeg), MakePng(pixels, png), MakeWebp(pixels, webp),
        MakeByOiio("tif", pixels, tiff), MakeHeic(pixels, heic)}) {
    EXPECT_LT(ColourDifference(Middle(absl::StrCat("all=icc=", profile.size()), bytes), converted),
              3);
    EXPECT_LT(ColourDifference(Middle(absl::StrCat("all=icc=", profile.size() - 1), bytes), colour),
              3);
  }
}

TEST_F(HeaderLimitsTest, ALargerExifBlockTurnsNothing) {
  JpegOptions jpeg;
  PngOptions png;
  WebpOptions webp;
  jpeg.orientation = png.orientation = webp.orientation = 6;
  const Pixels pixels = FourCorners(80, 60);
  for (const std::string& bytes :
       {MakeJpeg(pixels, jpeg), MakePng(pixels, png), MakeWebp(pixels, webp)}) {
    EXPECT_EQ(Render("all=exif=1000", bytes)->images[0].width_px, 48);
    EXPECT_EQ(Render("all=exif=10", bytes)->images[0].width_px, 64);
  }
}
}  // namespace
}  // namespace hestia
