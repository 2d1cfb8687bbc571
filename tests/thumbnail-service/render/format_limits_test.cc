#include "thumbnail-service/render/format_limits.h"

#include <string>
#include <utility>
#include <vector>

#include <absl/strings/match.h>
#include <gtest/gtest.h>

namespace hestia {
namespace {
TEST(FormatLimitsTest, AFormatsOwnLimitHoldsInsteadOfTheCommonOne) {
  const auto limits = ParseFormatLimits("tiff=400:2000, gif=20,heif=:500,png=0:7");
  ASSERT_TRUE(limits.ok()) << limits.status();
  EXPECT_EQ(PixelLimit(*limits, ImageFormat::kTiff, 100), 400);
  EXPECT_EQ(ByteLimit(*limits, ImageFormat::kTiff, 100), 2000);
  EXPECT_EQ(PixelLimit(*limits, ImageFormat::kGif, 100), 20);
  EXPECT_EQ(ByteLimit(*limits, ImageFormat::kGif, 100), 100);
  EXPECT_EQ(PixelLimit(*limits, ImageFormat::kHeif, 100), 100);
  EXPECT_EQ(ByteLimit(*limits, ImageFormat::kHeif, 100), 500);
  EXPECT_EQ(PixelLimit(*limits, ImageFormat::kPng, 100), 100);
  EXPECT_EQ(PixelLimit(*limits, ImageFormat::kJpeg, 100), 100);
  EXPECT_TRUE(ParseFormatLimits("").value().empty());
}

TEST(FormatLimitsTest, EveryOtherLimitIsNamed) {
  const auto limits = ParseFormatLimits(
      "png=10::side=1:channels=2:frames=3:ratio=4:chunk=6:icc=7:exif=8,jpeg=scans=5:bytes=9,"
      "all=side=50:icc=70");
  ASSERT_TRUE(limits.ok()) << limits.status();
  const auto png = [&](std::int64_t FormatLimit::*which) {
    return LimitOf(*limits, ImageFormat::kPng, which, 100);
  };
  EXPECT_EQ(png(&FormatLimit::max_pixels), 10);
  EXPECT_EQ(png(&FormatLimit::max_source_bytes), 100);
  EXPECT_EQ(png(&FormatLimit::max_side_px), 1);
  EXPECT_EQ(png(&FormatLimit::max_channels), 2);
  EXPECT_EQ(png(&FormatLimit::max_frames), 3);
  EXPECT_EQ(png(&FormatLimit::max_ratio), 4);
  EXPECT_EQ(png(&FormatLimit::max_scans), 100);
  EXPECT_EQ(png(&FormatLimit::max_chunk_bytes), 6);
  EXPECT_EQ(png(&FormatLimit::max_icc_bytes), 7);
  EXPECT_EQ(png(&FormatLimit::max_exif_bytes), 8);
  EXPECT_EQ(LimitOf(*limits, ImageFormat::kJpeg, &FormatLimit::max_scans, 100), 5);
  EXPECT_EQ(ByteLimit(*limits, ImageFormat::kJpeg, 100), 9);
  EXPECT_EQ(LimitOf(*limits, ImageFormat::kJpeg, &FormatLimit::max_side_px, 100), 50)
      << "that of all formats";
}

TEST(FormatLimitsTest, EveryMistakeIsNamedInOneMessage) {
  const absl::Status status =
      ParseFormatLimits("tif=1,png=x,gif=1:2:3,bmp=1,bmp=2,psd=-1,exr=1:99999999999,jxl=colour=1,ico=side=x").status();
  ASSERT_TRUE(absl::IsInvalidArgument(status));
  for (const char* part : {"\"tif=1\"", "jpeg2000", "\"png=x\"", "\"gif=1:2:3\"", "bmp is named twice",
                           "\"psd=-1\"", "\"exr=1:99999999999\"", "\"colour\" is none of pixels",
                           "side must be 0 to 1000000"}) {
    EXPECT_TRUE(absl::StrContains(status.message(), part)) << part << " in " << status;
  }
}

TEST(FormatLimitsTest, ALimitThatWouldDoNothingIsRefusedAndThoseThatHaveItAreNamed) {
  for (const auto& [entry, those] : std::vector<std::pair<std::string, std::string>>{
           {"video=frames=5", "png, webp, gif, tiff, heif, jxl, pdf"},
           {"jpeg=frames=5", "png, webp, gif, tiff, heif, jxl, pdf"},
           {"png=scans=5", "jpeg, raw"},
           {"jpeg=chunk=5", "png"},
           {"gif=icc=5", "jpeg, png, webp, tiff, bmp, heif, jpeg2000, psd, raw, ico, jxl"},
           {"tiff=exif=5", "jpeg, png, webp, raw"},
           {"svg=channels=5", "jpeg, png"},
           {"pdf=ratio=5", "jpeg, png"}}) {
    const absl::Status status = ParseFormatLimits(entry).status();
    ASSERT_TRUE(absl::IsInvalidArgument(status)) << entry;
    EXPECT_TRUE(absl::StrContains(status.message(), "would do nothing")) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), those)) << status;
  }
  EXPECT_TRUE(ParseFormatLimits("all=frames=5:scans=5:chunk=5:icc=5:exif=5:ratio=5:channels=5").ok());
}

TEST(FormatLimitsTest, EveryFormatHasAWord) {
  for (const ImageFormat format : kAllImageFormats) EXPECT_FALSE(FormatWord(format).empty());
}
}  // namespace
}  // namespace hestia
