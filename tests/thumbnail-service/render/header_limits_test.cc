#include <functional>
#include <string>

#include <absl/strings/str_cat.h>

#include "tests/thumbnail-service/render/colour_profiles.h"
#include "tests/thumbnail-service/render/exotic_images.h"
#include "tests/thumbnail-service/render/heif_images.h"
#include "tests/thumbnail-service/render/oiio_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
// The limits that `format_limits` sets, by what a user would write, each on a file that is just
// within and one that is just over.
class HeaderLimitsTest : public testing::Test {
 protected:
  absl::StatusOr<Rendering> Render(const std::string& setting, const std::string& bytes) {
    folder_.Write("source", bytes);
    const LibraryFolder library = LibraryFolder::Open(folder_.path()).value();
    RenderLimits limits = Unhurried();
    limits.formats = ParseFormatLimits(setting).value();
    SourceLimits source_limits;
    source_limits.formats = limits.formats;
    SourceRead read = ReadSource(library, "source", source_limits);
    if (!read.file.ok()) return read.file.status();
    return Renderer(BuiltRenderers(), limits).Render(*read.file, Recipes("a=64:png"));
  }
  // `setting` with the number put behind it.
  void ExpectLimit(const std::string& setting, std::int64_t exact, const std::string& bytes) {
    SCOPED_TRACE(absl::StrCat(setting, exact));
    const auto within = Render(absl::StrCat(setting, exact), bytes);
    EXPECT_TRUE(within.ok()) << within.status();
    const absl::Status over = Render(absl::StrCat(setting, exact - 1), bytes).status();
    EXPECT_EQ(Reason(over), "TOO_LARGE") << over;
  }
  Rgba Middle(const std::string& setting, const std::string& bytes) {
    const auto rendering = Render(setting, bytes);
    if (!rendering.ok()) {
      ADD_FAILURE() << rendering.status();
      return {};
    }
    return Decode(rendering->images[0]).At(20, 20);
  }

  TemporaryFolder folder_;
};

std::string SomeFrames(const char* extension, int count) {
  OiioOptions options;
  for (int i = 1; i < count; ++i) options.later.push_back(Plain(40, 30, i % 2 == 0 ? kRed : kBlue));
  return MakeByOiio(extension, FourCorners(40, 30), options);
}

TEST_F(HeaderLimitsTest, PixelsAndSidesOfEachFormat) {
  const Pixels pixels = FourCorners(40, 30);
  const std::pair<const char*, std::string> files[] = {
      {"jpeg", MakeJpeg(pixels)},  {"png", MakePng(pixels)},  {"webp", MakeWebp(pixels)},
      {"gif", MakeGif(pixels)},    {"tiff", MakeTiff(pixels)}, {"psd", MakePsd(pixels)},
      {"bmp", MakeBmp(pixels)},    {"heif", MakeAvif(pixels)}};
  for (const auto& [format, bytes] : files) {
    ExpectLimit(absl::StrCat(format, "="), 1200, bytes);
    ExpectLimit(absl::StrCat(format, "=side="), 40, bytes);
  }
  ExpectLimit("all=side=", 40, MakePng(pixels));
  EXPECT_TRUE(Render("jpeg=side=10", MakePng(pixels)).ok()) << "another format's";
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
  ExpectLimit("webp=frames=", 2,
              MakeAnimatedWebp(FourCorners(40, 30), 0, 0, Plain(60, 50, kRed)));
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
