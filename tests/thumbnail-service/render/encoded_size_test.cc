#include "thumbnail-service/render/encoded_size.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/thumbnail-service/render/heif_images.h"
#include "tests/thumbnail-service/render/image_factory.h"

namespace hestia {
namespace {
void ExpectSize(const std::optional<EncodedSize>& size, int width, int height) {
  ASSERT_TRUE(size.has_value());
  EXPECT_EQ(size->width_px, width);
  EXPECT_EQ(size->height_px, height);
}

TEST(EncodedSizeTest, EveryKindOfWebpTellsItsSize) {
  WebpOptions lossless;
  lossless.lossless = true;
  WebpOptions extended;
  extended.orientation = 3;
  for (const WebpOptions& options : {WebpOptions{}, lossless, extended}) {
    ExpectSize(SizeOfEncoded(OutputFormat::kWebp, MakeWebp(FourCorners(37, 21), options)), 37, 21);
  }
}

TEST(EncodedSizeTest, BaselineAndProgressiveJpegTellTheirSize) {
  JpegOptions options;
  options.orientation = 1;
  for (const bool progressive : {false, true}) {
    options.progressive = progressive;
    ExpectSize(SizeOfEncoded(OutputFormat::kJpeg, MakeJpeg(FourCorners(37, 21), options)), 37, 21);
  }
}

TEST(EncodedSizeTest, PngAndAvifTellTheirSize) {
  ExpectSize(SizeOfEncoded(OutputFormat::kPng, MakePng(FourCorners(37, 21))), 37, 21);
  ExpectSize(SizeOfEncoded(OutputFormat::kAvif, MakeAvif(FourCorners(37, 21))), 37, 21);
}

TEST(EncodedSizeTest, SidesThatNoThumbnailHasAreNotBelieved) {
  std::string png = MakePng(FourCorners(9, 9));
  png[16] = '\x7f';
  EXPECT_FALSE(SizeOfEncoded(OutputFormat::kPng, png).has_value());
  std::string avif = MakeAvif(FourCorners(9, 9));
  avif[avif.find("ispe") + 8] = '\xff';
  EXPECT_FALSE(SizeOfEncoded(OutputFormat::kAvif, avif).has_value());
}

TEST(EncodedSizeTest, AnotherFormatHasNoSize) {
  const std::string webp = MakeWebp(FourCorners(9, 9));
  const std::string jpeg = MakeJpeg(FourCorners(9, 9));
  EXPECT_FALSE(SizeOfEncoded(OutputFormat::kJpeg, webp).has_value());
  EXPECT_FALSE(SizeOfEncoded(OutputFormat::kWebp, jpeg).has_value());
}

TEST(EncodedSizeTest, EveryPrefixIsSafeToAskAndNoneIsWhole) {
  const std::pair<OutputFormat, std::string> kinds[] = {
      {OutputFormat::kWebp, MakeWebp(FourCorners(9, 9))},
      {OutputFormat::kJpeg, MakeJpeg(FourCorners(9, 9))},
      {OutputFormat::kPng, MakePng(FourCorners(9, 9))},
      {OutputFormat::kAvif, MakeAvif(FourCorners(9, 9))}};
  for (const auto& [format, whole] : kinds) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_FALSE(SizeOfEncoded(format, whole.substr(0, size)).has_value()) << size;
    }
  }
}
}  // namespace
}  // namespace hestia
