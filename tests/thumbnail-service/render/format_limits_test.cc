#include "thumbnail-service/render/format_limits.h"

#include <string>

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

TEST(FormatLimitsTest, EveryMistakeIsNamedInOneMessage) {
  const absl::Status status =
      ParseFormatLimits("tif=1,png=x,gif=1:2:3,bmp=1,bmp=2,psd=-1,exr=1:99999999999").status();
  ASSERT_TRUE(absl::IsInvalidArgument(status));
  for (const char* part : {"\"tif=1\"", "jpeg2000", "\"png=x\"", "\"gif=1:2:3\"", "bmp is named twice",
                           "\"psd=-1\"", "\"exr=1:99999999999\""}) {
    EXPECT_TRUE(absl::StrContains(status.message(), part)) << part << " in " << status;
  }
}

TEST(FormatLimitsTest, EveryFormatHasAWord) {
  for (const ImageFormat format : kAllImageFormats) EXPECT_FALSE(FormatWord(format).empty());
}
}  // namespace
}  // namespace hestia
