#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/escaping.h>

#include "tests/thumbnail-service/render/exotic_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
// What a viewer makes of a ThumbHash: the colour at one place, 0 to 1 across and down.
class Blurred {
 public:
  explicit Blurred(const std::string& hash) : hash_(hash) {
    const unsigned head = Byte(0) | Byte(1) << 8 | Byte(2) << 16;
    const unsigned tail = Byte(3) | Byte(4) << 8;
    transparent = (head >> 23 & 1) != 0;
    wide = (tail >> 15 & 1) != 0;
    const int longer = transparent ? 5 : 7;
    const int shorter = static_cast<int>(tail & 7);
    at_ = transparent ? 12 : 10;
    light_ = Take(Part(head, 0, 6), Part(head, 18, 5), std::max(3, wide ? longer : shorter),
                  std::max(3, wide ? shorter : longer));
    yellow_ = Take(2 * Part(head, 6, 6) - 1, Part(tail, 3, 6), 3, 3);
    red_ = Take(2 * Part(head, 12, 6) - 1, Part(tail, 9, 6), 3, 3);
    if (transparent) alpha_ = Take(Part(Byte(5), 0, 4), Part(Byte(5), 4, 4), 5, 5);
  }

  Rgba At(double x, double y) const {
    const double l = light_.At(x, y);
    const double p = yellow_.At(x, y);
    const double q = red_.At(x, y);
    const double blue = l - 2.0 / 3.0 * p;
    const double red = (3 * l - blue + q) / 2;
    const auto byte = [](double value) {
      return static_cast<int>(std::lround(std::clamp(value, 0.0, 1.0) * 255));
    };
    return {byte(red), byte(red - q), byte(blue), transparent ? byte(alpha_.At(x, y)) : 255};
  }

  bool transparent = false;
  bool wide = false;

 private:
  struct Waves {
    double mean = 0;
    int across = 0;
    int down = 0;
    std::vector<double> waves;
    double At(double x, double y) const {
      double value = mean;
      std::size_t next = 0;
      for (int ky = 0; ky < down; ++ky) {
        for (int kx = ky == 0 ? 1 : 0; kx * down < across * (down - ky); ++kx) {
          // Each side's transform has its waves at half strength.
          const double strength = kx > 0 && ky > 0 ? 4 : 2;
          value += strength * waves[next++] * std::cos(std::numbers::pi * kx * x) *
                   std::cos(std::numbers::pi * ky * y);
        }
      }
      return value;
    }
  };

  unsigned Byte(std::size_t i) const { return static_cast<unsigned char>(hash_[i]); }
  static double Part(unsigned bits, int from, int count) {
    const unsigned most = (1U << count) - 1;
    return static_cast<double>(bits >> from & most) / most;
  }
  Waves Take(double mean, double scale, int across, int down) {
    Waves taken{mean, across, down, {}};
    for (int ky = 0; ky < down; ++ky) {
      for (int kx = ky == 0 ? 1 : 0; kx * down < across * (down - ky); ++kx, ++at_) {
        const unsigned half = Byte(at_ / 2) >> (at_ % 2 * 4) & 15;
        taken.waves.push_back((half / 7.5 - 1) * scale);
      }
    }
    return taken;
  }

  std::string hash_;
  std::size_t at_ = 0;  // half bytes
  Waves light_, yellow_, red_, alpha_;
};

class PlaceholderTest : public RenderingTest {
 protected:
  Placeholder Of(const std::string& bytes, const std::string& recipes = "a=128,b=256") {
    const auto rendering = Render(bytes, Recipes(recipes));
    if (!rendering.ok()) ADD_FAILURE() << rendering.status();
    return rendering.ok() ? rendering->placeholder : Placeholder{};
  }
  static void ExpectFourCorners(const Placeholder& placeholder) {
    const Blurred blurred(placeholder.thumbhash);
    EXPECT_TRUE(Near(blurred.At(0.25, 0.25), kRed, 50));
    EXPECT_TRUE(Near(blurred.At(0.75, 0.25), kGreen, 50));
    EXPECT_TRUE(Near(blurred.At(0.25, 0.75), kBlue, 50));
    EXPECT_TRUE(Near(blurred.At(0.75, 0.75), kYellow, 50));
  }
};

std::string WithAlpha(const Pixels& pixels) {
  PngOptions options;
  options.alpha = true;
  return MakePng(pixels, options);
}

// Waves of nothing are between two values, so one more or less is the same.
void ExpectHash(const std::string& hash, const std::string& hex) {
  const std::string expected = absl::HexStringToBytes(hex);
  ASSERT_EQ(hash.size(), expected.size()) << absl::BytesToHexString(hash);
  const auto half = [](const std::string& bytes, std::size_t i) {
    return static_cast<unsigned char>(bytes[i / 2]) >> (i % 2 * 4) & 15;
  };
  EXPECT_EQ(hash.substr(0, 5), expected.substr(0, 5)) << absl::BytesToHexString(hash);
  for (std::size_t i = 10; i < 2 * hash.size(); ++i) {
    EXPECT_NEAR(half(hash, i), half(expected, i), 1) << i << " of " << absl::BytesToHexString(hash);
  }
}

// Reckoned by the format's own implementation from the same pixels.
TEST_F(PlaceholderTest, TheHashIsTheFormatsOwn) {
  ExpectHash(Of(MakePng(FourCorners(60, 40))).thumbhash, "5b190a6d9a737977b068888788a8768770dbf7887d");
  ExpectHash(Of(MakePng(FourCorners(40, 60))).thumbhash, "5b190a6d1a7389b0687888a78687687870dbf8888d");
  ExpectHash(Of(MakePng(FourCorners(64, 64))).thumbhash,
             "5b190a6f1a737977b068888888a88688888607b78d8fd808");
  Pixels glass = FourCorners(60, 40);
  for (Rgba& colour : glass.colours) {
    colour.alpha = colour == kYellow ? 0 : colour == kBlue ? 128 : 255;
  }
  ExpectHash(Of(WithAlpha(glass)).thumbhash, "d71882439a497f7592788775bff7888d7a776f87885888");
}

TEST_F(PlaceholderTest, TheHashShowsTheImageWhateverItsFormat) {
  const Pixels corners = FourCorners(301, 200);
  for (const std::string& bytes :
       {MakeJpeg(corners), MakePng(corners), MakeWebp(corners), MakeBmp(corners)}) {
    const Placeholder placeholder = Of(bytes);
    EXPECT_TRUE(Blurred(placeholder.thumbhash).wide);
    ExpectFourCorners(placeholder);
  }
}

TEST_F(PlaceholderTest, TheHashIsUprightAndOfTheWholeImageWhateverTheRecipes) {
  JpegOptions turned;
  turned.orientation = 6;
  const Placeholder placeholder = Of(MakeJpeg(FourCorners(300, 200), turned));
  EXPECT_FALSE(Blurred(placeholder.thumbhash).wide);
  const Blurred blurred(placeholder.thumbhash);
  EXPECT_TRUE(Near(blurred.At(0.25, 0.25), kBlue, 50)) << "what was left below";
  EXPECT_TRUE(Near(blurred.At(0.75, 0.25), kRed, 50));
  const std::string source = MakePng(FourCorners(900, 600));
  for (const char* recipes : {"a=16", "a=512", "a=64:webp:80:2:cover", "a=100:jpeg:80:2:contain"}) {
    SCOPED_TRACE(recipes);
    ExpectFourCorners(Of(source, recipes));
  }
}

TEST_F(PlaceholderTest, AnyShapeHasAHash) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 500}, {500, 1}, {2, 3}, {4000, 7}}) {
    const Placeholder placeholder = Of(MakePng(Plain(width, height, kBlue)));
    EXPECT_TRUE(Near(Blurred(placeholder.thumbhash).At(0.5, 0.5), kBlue, 12)) << width;
    ASSERT_TRUE(placeholder.dominant.has_value());
  }
}

TEST_F(PlaceholderTest, TheDominantColourIsTheOneThatMostOfTheImageHas) {
  Pixels pixels = Plain(200, 200, kBlue);
  for (int y = 0; y < 90; ++y) {
    for (int x = 0; x < 200; ++x) pixels.At(x, y) = {x, 255 - x, (x * y) % 256};
  }
  const Rgb dominant = Of(MakePng(pixels)).dominant.value();
  EXPECT_TRUE(Near({dominant.red, dominant.green, dominant.blue}, kBlue, 8));
  JpegOptions grey;
  grey.grey = true;
  const Rgb plain = Of(MakeJpeg(Plain(300, 200, {91, 91, 91}), grey)).dominant.value();
  EXPECT_TRUE(Near({plain.red, plain.green, plain.blue}, {91, 91, 91}, 2));
}

TEST_F(PlaceholderTest, WhatIsInvisibleDoesNotCount) {
  Pixels pixels = Plain(100, 100, {0, 255, 0, 0});
  for (int y = 40; y < 60; ++y) {
    for (int x = 40; x < 60; ++x) pixels.At(x, y) = kRed;
  }
  const Placeholder placeholder = Of(WithAlpha(pixels));
  EXPECT_TRUE(Blurred(placeholder.thumbhash).transparent);
  EXPECT_EQ(placeholder.thumbhash.size(), 25U) << "the longest there is";
  const Rgb dominant = placeholder.dominant.value();
  EXPECT_TRUE(Near({dominant.red, dominant.green, dominant.blue}, kRed, 12));
  const Placeholder nothing = Of(WithAlpha(Plain(50, 50, {0, 255, 0, 0})));
  EXPECT_FALSE(nothing.dominant.has_value());
  EXPECT_EQ(Blurred(nothing.thumbhash).At(0.5, 0.5).alpha, 0);
}
}  // namespace
}  // namespace hestia
