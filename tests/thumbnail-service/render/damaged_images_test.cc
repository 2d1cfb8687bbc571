#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
class DamagedImagesTest : public RenderingTest {
 protected:
  void ExpectDecodeFailed(const std::string& bytes) {
    const absl::Status status = Render(bytes).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_EQ(Reason(status), "DECODE_FAILED");
    EXPECT_FALSE(status.message().empty());
  }
};

// Noise, so that half of the file is half of the picture.
Pixels Noise(int width, int height) {
  Pixels pixels = Plain(width, height, {});
  std::uint32_t state = 1;
  for (Rgba& colour : pixels.colours) {
    state = state * 1664525U + 1013904223U;
    colour = {static_cast<int>(state >> 24), static_cast<int>(state >> 16 & 255),
              static_cast<int>(state >> 8 & 255), 255};
  }
  return pixels;
}

TEST_F(DamagedImagesTest, FilesCutShortAreToldAsSuch) {
  JpegOptions progressive;
  progressive.progressive = true;
  for (const std::string& whole :
       {MakeJpeg(Noise(300, 300)), MakeJpeg(Noise(300, 300), progressive), MakePng(Noise(300, 300)),
        MakeWebp(Noise(300, 300))}) {
    for (const std::size_t part : {2U, 4U, 10U}) {
      const absl::Status status = Render(whole.substr(0, whole.size() / part)).status();
      EXPECT_EQ(Reason(status), "DECODE_FAILED") << status;
      EXPECT_NE(status.message().find("cut short"), absl::string_view::npos) << status;
    }
  }
}

TEST_F(DamagedImagesTest, OnlyAHeaderIsADecodeError) {
  ExpectDecodeFailed(std::string("\xff\xd8\xff\xe0"));
  ExpectDecodeFailed("\x89PNG\r\n\x1a\n");
  ExpectDecodeFailed(std::string("RIFF\x10\0\0\0WEBPVP8 ", 16));
}

TEST_F(DamagedImagesTest, ANoisyMiddleNeverHangsOrCrashes) {
  JpegOptions progressive;
  progressive.progressive = true;
  for (std::string bytes : {MakeJpeg(Noise(200, 200)), MakeJpeg(Noise(200, 200), progressive),
                            MakePng(Noise(200, 200)), MakeWebp(Noise(200, 200))}) {
    for (std::size_t at = bytes.size() / 3; at < bytes.size() / 2; at += 7) bytes[at] ^= 0x55;
    const absl::Status status = Render(bytes).status();
    EXPECT_TRUE(status.ok() || Reason(status) == "DECODE_FAILED") << status;
  }
  std::string png = MakePng(Noise(200, 200));
  png[png.size() / 2] ^= 0x55;
  ExpectDecodeFailed(png);
}

class DamagedButRenderedTest : public RenderingTest {
 protected:
  DamagedButRenderedTest() : RenderingTest(BuiltRenderers(), Limits()) {}
  static RenderLimits Limits() {
    RenderLimits limits = Unhurried();
    limits.render_damaged = true;
    return limits;
  }
};

TEST_F(DamagedButRenderedTest, WhatIsThereOfAJpegIsRenderedAndItSaysWhatIsMissing) {
  for (const bool progressive : {false, true}) {
    JpegOptions options;
    options.progressive = progressive;
    const std::string whole = MakeJpeg(FourCorners(1200, 900), options);
    // A small thumbnail of a progressive file needs no more than its beginning.
    const auto recipes = Recipes(progressive ? "a=1200:webp:95" : "a=120:webp:95");
    const auto rendering = Render(whole.substr(0, whole.size() * 7 / 10), recipes);
    ASSERT_TRUE(rendering.ok()) << rendering.status();
    EXPECT_NE(rendering->damage.find("cut short"), std::string::npos) << rendering->damage;
    const Corners corners = CornersOf(Decode(rendering->images[0]));
    EXPECT_TRUE(Near(corners.top_left, kRed, 24)) << "the upper half was there";
    EXPECT_TRUE(Near(corners.top_right, kGreen, 24));
    EXPECT_EQ(Render(whole).value().damage, "");
  }
}

TEST_F(DamagedButRenderedTest, WithoutAnImageItIsAVerdictStill) {
  const std::string whole = MakeJpeg(FourCorners(300, 200));
  EXPECT_EQ(Reason(Render(whole.substr(0, 60)).status()), "DECODE_FAILED");
  const std::string png = MakePng(FourCorners(300, 200));
  EXPECT_EQ(Reason(Render(png.substr(0, png.size() / 2)).status()), "DECODE_FAILED");
}
}  // namespace
}  // namespace hestia
