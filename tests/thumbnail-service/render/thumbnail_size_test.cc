#include <algorithm>
#include <utility>
#include <vector>

#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
using ThumbnailSizeTest = RenderingTest;

std::vector<std::pair<int, int>> Sizes(const absl::StatusOr<Rendering>& rendering) {
  std::vector<std::pair<int, int>> sizes;
  if (!rendering.ok()) return sizes;
  for (const RenderedImage& image : rendering->images) {
    sizes.emplace_back(image.width_px, image.height_px);
  }
  return sizes;
}

using SizeList = std::vector<std::pair<int, int>>;

TEST_F(ThumbnailSizeTest, ThreeRecipesFitTheirBoxesAndKeepTheAspect) {
  const absl::StatusOr<Rendering> rendering = Render(MakeJpeg(FourCorners(1600, 900)));
  EXPECT_EQ(Sizes(rendering), (SizeList{{512, 288}, {256, 144}, {128, 72}}));
}

TEST_F(ThumbnailSizeTest, ImagesComeInTheOrderOfTheRecipes) {
  std::vector<Recipe> recipes = DefaultRecipes();
  std::reverse(recipes.begin(), recipes.end());
  recipes[1].format = OutputFormat::kJpeg;
  const absl::StatusOr<Rendering> rendering = Render(MakeJpeg(FourCorners(900, 1600)), recipes);
  EXPECT_EQ(Sizes(rendering), (SizeList{{72, 128}, {144, 256}, {288, 512}}));
  EXPECT_EQ(rendering->images[0].format, OutputFormat::kWebp);
  EXPECT_EQ(rendering->images[1].format, OutputFormat::kJpeg);
  ExpectUprightFourCorners(DecodeJpeg(rendering->images[1].data));
}

TEST_F(ThumbnailSizeTest, ASmallImageIsNeverEnlarged) {
  for (const std::string& bytes :
       {MakeJpeg(FourCorners(2, 2)), MakePng(FourCorners(2, 2)), MakeWebp(FourCorners(2, 2))}) {
    EXPECT_EQ(Sizes(Render(bytes)), (SizeList{{2, 2}, {2, 2}, {2, 2}}));
  }
}

TEST_F(ThumbnailSizeTest, RecipesShareASmallImageOnlyWhenTheyEncodeAlike) {
  const std::vector<Recipe> recipes =
      Recipes("a=512:webp:80,b=256:webp:20,c=128:webp:80,d=100:jpeg:80,e=20:webp:80");
  for (const std::string& bytes :
       {MakeJpeg(FourCorners(60, 40)), MakePng(FourCorners(60, 40)), MakeWebp(FourCorners(60, 40))}) {
    const absl::StatusOr<Rendering> rendering = Render(bytes, recipes);
    ASSERT_EQ(Sizes(rendering), (SizeList{{60, 40}, {60, 40}, {60, 40}, {60, 40}, {20, 13}}));
    const std::vector<RenderedImage>& images = rendering->images;
    EXPECT_EQ(images[0].data, images[2].data);
    EXPECT_NE(images[0].data, images[1].data);
    EXPECT_NE(images[0].data, images[4].data);
    ExpectUprightFourCorners(DecodeJpeg(images[3].data));
  }
}

TEST_F(ThumbnailSizeTest, WhatWouldBeTheSameBytesIsEncodedOnce) {
  const std::string recipes = "a=512:webp:80,b=256:webp:80,c=128:webp:80,d=100:jpeg:80";
  for (const auto& make : {+[](const Pixels& pixels) { return MakeJpeg(pixels); },
                           +[](const Pixels& pixels) { return MakePng(pixels); },
                           +[](const Pixels& pixels) { return MakeWebp(pixels); }}) {
    const absl::StatusOr<Rendering> small = Render(make(FourCorners(60, 40)), Recipes(recipes));
    ASSERT_TRUE(small.ok());
    EXPECT_EQ(small->encodes, 2);
    const absl::StatusOr<Rendering> large = Render(make(FourCorners(200, 100)), Recipes(recipes));
    ASSERT_TRUE(large.ok());
    EXPECT_EQ(large->encodes, 3);
  }
}

TEST_F(ThumbnailSizeTest, OnePixelIsAThumbnail) {
  for (const std::string& bytes :
       {MakeJpeg(Plain(1, 1, kRed)), MakePng(Plain(1, 1, kRed)), MakeWebp(Plain(1, 1, kRed))}) {
    const Pixels pixels = Thumbnail(bytes);
    EXPECT_EQ(pixels.width, 1);
    EXPECT_TRUE(Near(pixels.At(0, 0), kRed));
  }
}

TEST_F(ThumbnailSizeTest, AThinLineKeepsOnePixel) {
  for (const std::string& bytes :
       {MakeJpeg(Plain(1, 2000, kGreen)), MakePng(Plain(1, 2000, kGreen)),
        MakeWebp(Plain(1, 2000, kGreen))}) {
    EXPECT_EQ(Sizes(Render(bytes)), (SizeList{{1, 512}, {1, 256}, {1, 128}}));
    EXPECT_TRUE(Near(Thumbnail(bytes).At(0, 60), kGreen));
  }
  EXPECT_EQ(Sizes(Render(MakeJpeg(Plain(5000, 3, kBlue)))),
            (SizeList{{512, 1}, {256, 1}, {128, 1}}));
}

TEST_F(ThumbnailSizeTest, OddSizesComeOutInBothFormats) {
  for (const int width : {97, 511, 513, 1021}) {
    const std::string jpeg = MakeJpeg(FourCorners(width, 333));
    const Pixels webp_thumbnail = Thumbnail(jpeg, 101);
    const Pixels jpeg_thumbnail = JpegThumbnail(jpeg, 101);
    EXPECT_EQ(webp_thumbnail.width, jpeg_thumbnail.width);
    EXPECT_EQ(webp_thumbnail.height, jpeg_thumbnail.height);
    ExpectUprightFourCorners(webp_thumbnail);
    ExpectUprightFourCorners(jpeg_thumbnail);
  }
}

TEST_F(ThumbnailSizeTest, ALongSideIsRefusedWithItsNumbers) {
  std::string png = MakePng(Plain(1, 1, kRed));
  // The height in IHDR: 16,909,060 pixels. The checksum need not be right to be refused.
  png.replace(20, 4, "\x01\x02\x03\x04");
  const absl::Status status = Render(png).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Reason(status), "TOO_LARGE");
  EXPECT_NE(status.message().find("16909060"), absl::string_view::npos) << status;
}

class FewPixelsTest : public RenderingTest {
 protected:
  FewPixelsTest() : RenderingTest(BuiltRenderers(), Limits()) {}

 public:
  static RenderLimits Limits() {
    RenderLimits limits = Unhurried();
    limits.max_scaled_pixels = 20'000;
    limits.max_pixels = 10'000;
    return limits;
  }
};

TEST_F(FewPixelsTest, PixelsOverTheLimitAreRefusedByTheHeader) {
  JpegOptions progressive;
  progressive.progressive = true;
  EXPECT_EQ(Reason(Render(MakeJpeg(Plain(201, 100, kRed))).status()), "TOO_LARGE");
  EXPECT_EQ(Reason(Render(MakePng(Plain(101, 100, kRed))).status()), "TOO_LARGE");
  EXPECT_EQ(Reason(Render(MakeWebp(Plain(101, 100, kRed))).status()), "TOO_LARGE");
  EXPECT_EQ(Reason(Render(MakeJpeg(Plain(101, 100, kRed), progressive)).status()), "TOO_LARGE");
  EXPECT_TRUE(Render(MakeJpeg(Plain(200, 100, kRed))).ok());
  EXPECT_TRUE(Render(MakePng(Plain(100, 100, kRed))).ok());
}

class OwnLimitTest : public RenderingTest {
 protected:
  OwnLimitTest() : RenderingTest(BuiltRenderers(), Limits()) {}
  static RenderLimits Limits() {
    RenderLimits limits = FewPixelsTest::Limits();
    limits.formats = {{ImageFormat::kPng, {.max_pixels = 20'000}},
                      {ImageFormat::kJpeg, {.max_pixels = 5'000}}};
    return limits;
  }
};

TEST_F(OwnLimitTest, AFormatsOwnLimitHoldsForItAlone) {
  EXPECT_TRUE(Render(MakePng(Plain(200, 100, kRed))).ok());
  EXPECT_EQ(Reason(Render(MakePng(Plain(201, 100, kRed))).status()), "TOO_LARGE");
  EXPECT_EQ(Reason(Render(MakeWebp(Plain(101, 100, kRed))).status()), "TOO_LARGE");
  EXPECT_EQ(Reason(Render(MakeJpeg(Plain(51, 100, kRed))).status()), "TOO_LARGE");
}

class LittleMemoryTest : public RenderingTest {
 protected:
  LittleMemoryTest() : RenderingTest(BuiltRenderers(), Limits()) {}
  static RenderLimits Limits() {
    RenderLimits limits = Unhurried();
    limits.max_memory_bytes = 16 << 20;
    return limits;
  }
};

// An interlaced image must be held whole: 27 MB for this one, where a strip is enough else.
TEST_F(LittleMemoryTest, AnImageThatNeedsMoreIsTooLargeAndNoCrash) {
#if defined(HESTIA_SANITIZED)
  GTEST_SKIP() << "sanitized programs need more address space than any limit";
#endif
  PngOptions options;
  EXPECT_TRUE(Render(MakePng(Plain(3000, 3000, kRed), options)).ok());
  options.interlaced = true;
  const absl::Status status = Render(MakePng(Plain(3000, 3000, kRed), options)).status();
  EXPECT_EQ(Reason(status), "TOO_LARGE") << status;
  EXPECT_NE(status.message().find("memory"), absl::string_view::npos) << status;
}
}  // namespace
}  // namespace hestia
