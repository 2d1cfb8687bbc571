#include "thumbnail-service/render/image_format.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "tests/thumbnail-service/render/exotic_images.h"

namespace hestia {
namespace {
std::string Ftyp(absl::string_view brands) {
  std::string box("\0\0\0", 3);
  box.push_back(static_cast<char>(8 + brands.size()));
  return box + "ftyp" + std::string(brands) + std::string(32, '\0');
}

TEST(ImageFormatTest, ImagesAreKnownByTheirFirstBytes) {
  const Pixels pixels = FourCorners(8, 8);
  EXPECT_EQ(Sniff(MakeJpeg(pixels)), ImageFormat::kJpeg);
  EXPECT_EQ(Sniff(MakePng(pixels)), ImageFormat::kPng);
  EXPECT_EQ(Sniff(MakeWebp(pixels)), ImageFormat::kWebp);
  EXPECT_EQ(Sniff(MakeGif(pixels)), ImageFormat::kGif);
  EXPECT_EQ(Sniff(MakeBmp(pixels)), ImageFormat::kBmp);
  EXPECT_EQ(Sniff(MakeTiff(pixels)), ImageFormat::kTiff);
  EXPECT_EQ(Sniff(MakePpm(pixels)), ImageFormat::kPnm);
  EXPECT_EQ(Sniff(MakeRadiance(2, 2, 1.0F)), ImageFormat::kRadianceHdr);
}

// A file of five bytes once ended the service.
TEST(ImageFormatTest, WhateverAFileIsCutDownToItIsDescribed) {
  const Pixels pixels = FourCorners(8, 8);
  for (const std::string& whole :
       {MakeJpeg(pixels), MakePng(pixels), MakeWebp(pixels), MakeGif(pixels), MakeBmp(pixels),
        MakeTiff(pixels), MakePpm(pixels), MakeRadiance(2, 2, 1.0F), std::string("RIFF\0\0\0\0WAVE", 12),
        std::string("MM\0*\0\0\0\x08", 8), std::string("II+\0\x08\0\0\0", 8),
        Ftyp(std::string("avif\0\0\0\0mif1miaf", 16)), std::string("<?xml version='1.0'?><!-- --><svg>"),
        std::string("8BPS\0\1"), std::string("BM\0\0\0\0\0\0\0\0"), std::string("\0\0\1\0\1\0")}) {
    for (std::size_t size = 0; size <= std::min<std::size_t>(whole.size(), 80); ++size) {
      const absl::string_view head = absl::string_view(whole).substr(0, size);
      EXPECT_FALSE(FormatTitle(Sniff(head)).empty());
      EXPECT_FALSE(DescribeUnreadable(head).empty());
    }
  }
}

TEST(ImageFormatTest, HeifIsKnownByAnyOfItsBrands) {
  EXPECT_EQ(Sniff(Ftyp(std::string("heic\0\0\0\0mif1heic", 16))), ImageFormat::kHeif);
  EXPECT_EQ(Sniff(Ftyp(std::string("avif\0\0\0\0mif1miaf", 16))), ImageFormat::kHeif);
  EXPECT_EQ(Sniff(Ftyp(std::string("xxxx\0\0\0\0xxxxavif", 16))), ImageFormat::kHeif);
  EXPECT_EQ(Sniff(Ftyp(std::string("isom\0\0\0\0isomavc1", 16))), ImageFormat::kVideo);
}

TEST(ImageFormatTest, CameraRawIsToldFromTiff) {
  EXPECT_EQ(Sniff(std::string("II*\0\x10\0\0\0CR\x02\0", 12)), ImageFormat::kCameraRaw);
  EXPECT_EQ(Sniff(Ftyp(std::string("crx \0\0\0\x01crx isom", 16))), ImageFormat::kCameraRaw);
  std::string dng = MakeTiff(FourCorners(4, 4));
  dng.replace(10, 2, "\x12\xc6");
  EXPECT_EQ(Sniff(dng), ImageFormat::kCameraRaw);
}

TEST(ImageFormatTest, WhatIsNoImageIsUnknown) {
  for (const std::string& bytes :
       {std::string(), std::string("hello"), std::string("<!-- <svg> -->"),
        std::string("<html><svg></svg></html>"), std::string("<?xml <svg>"), std::string("BM"),
        std::string("\xff\xd8"), std::string("P9\n"), std::string("P7\nWIDTH 4"), std::string("RIFF....WAVE")}) {
    EXPECT_EQ(Sniff(bytes), ImageFormat::kUnknown) << bytes;
  }
}

TEST(ImageFormatTest, AnSvgIsKnownByItsFirstElement) {
  for (const char* text :
       {"<svg>", "<svg/>", "\xef\xbb\xbf <svg width='3'>", "<?xml version='1.0'?>\n<svg\nwidth='3'>",
        "<!-- a > b -->\n<!-- c --><svg:svg xmlns:svg='x'>",
        "<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'x'><svg>",
        "<!DOCTYPE svg [ <!ENTITY a 'b>'> ]>\r\n<svg>"}) {
    EXPECT_EQ(Sniff(text), ImageFormat::kSvg) << text;
  }
}

TEST(ImageFormatTest, AnSvgMayBeInUtf16) {
  EXPECT_EQ(Sniff(std::string("\xff\xfe<\0s\0v\0g\0>\0", 12)), ImageFormat::kSvg);
  EXPECT_EQ(Sniff(std::string("\xfe\xff\0<\0s\0v\0g\0>", 12)), ImageFormat::kSvg);
  EXPECT_EQ(Sniff(std::string("\xff\xfe<\1s\0v\0g\0>\0", 12)), ImageFormat::kUnknown);
  EXPECT_EQ(Sniff(std::string("\xff\xfe\0<\0s\0v\0g\0>", 12)), ImageFormat::kUnknown);
  EXPECT_EQ(Sniff(std::string("<\0s\0v\0g\0>\0", 10)), ImageFormat::kUnknown);
  EXPECT_EQ(Sniff("\xff\xfe"), ImageFormat::kUnknown);
}

TEST(ImageFormatTest, APersonIsToldWhatAFileLooksLike) {
  EXPECT_EQ(DescribeUnreadable(""), "an empty file");
  EXPECT_EQ(DescribeUnreadable("just some words\n"), "text");
  EXPECT_EQ(DescribeUnreadable("<html><svg></svg></html>"), "text");
  EXPECT_EQ(DescribeUnreadable("P7\nWIDTH 4\n"), "a PAM picture");
  EXPECT_EQ(DescribeUnreadable("OggS"), "an Ogg recording");
  EXPECT_EQ(DescribeUnreadable(std::string(36, '\0') + "acsp"), "an ICC colour profile");
  EXPECT_EQ(DescribeUnreadable(Ftyp("M4A isom")), "a sound recording");
  EXPECT_EQ(DescribeUnreadable(std::string(50, '\x01')), "an unknown format");
}

TEST(ImageFormatTest, EveryFormatHasAReader) {
  for (std::uint32_t i = 1; i <= 21; ++i) {
    const auto format = static_cast<ImageFormat>(i);
    const bool by_another_library = i <= 3 || format == ImageFormat::kHeif ||
                                    format == ImageFormat::kSvg ||
                                    format == ImageFormat::kJpegXl ||
                                    format == ImageFormat::kPdf || format == ImageFormat::kVideo;
    EXPECT_EQ(OiioReader(format).empty(), by_another_library) << FormatTitle(format);
    EXPECT_EQ(IsReadByFastRenderer(format), i <= 3);
    EXPECT_NE(FormatTitle(format), "unknown");
  }
}
}  // namespace
}  // namespace hestia
