#include <array>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "tests/thumbnail-service/render/colour_profiles.h"
#include "tests/thumbnail-service/render/deep_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
// CIEDE2000; a viewer would see twice that.
constexpr double kLessThanVisible = 1;

struct Writer {
  const char* name;
  int bits;
  std::function<std::string(const DeepPixels&, DeepOptions)> write;
};

std::vector<Writer> Writers() {
  const auto with = [](auto make, auto set) {
    return [make, set](const DeepPixels& pixels, DeepOptions options) {
      set(options);
      return make(pixels, options);
    };
  };
  return {
      {"PNG", 16, MakeDeepPng},
      {"interlaced PNG", 16, with(MakeDeepPng, [](DeepOptions& o) { o.interlaced = true; })},
      {"PNG with alpha", 16, with(MakeDeepPng, [](DeepOptions& o) { o.alpha = true; })},
      {"TIFF", 16, MakeDeepTiff},
      {"tiled TIFF", 16, with(MakeDeepTiff, [](DeepOptions& o) { o.tiled = true; })},
      {"TIFF with alpha", 16, with(MakeDeepTiff, [](DeepOptions& o) { o.alpha = true; })},
      {"PSD", 16, MakeDeepPsd},
      {"JPEG XL", 16, MakeDeepJxl},
      {"JPEG XL with alpha", 16, with(MakeDeepJxl, [](DeepOptions& o) { o.alpha = true; })},
      {"AVIF", 12, with(MakeDeepAvif, [](DeepOptions& o) { o.bits = 12; })},
      {"float TIFF", 16,
       [](const DeepPixels& pixels, const DeepOptions& options) {
         return MakeFloats("tif", pixels, options);
       }},
      {"float JPEG XL", 16,
       [](const DeepPixels& pixels, const DeepOptions& options) {
         return MakeFloats("jxl", pixels, options);
       }},
  };
}

class DeepPixelsTest : public RenderingTest {
 protected:
  Pixels Png(const std::string& bytes) {
    const absl::StatusOr<Rendering> rendering = Render(bytes, Recipes("one=1024:png"));
    if (!rendering.ok()) {
      ADD_FAILURE() << rendering.status();
      return Plain(1024, 16, {});
    }
    return Decode(rendering->images[0]);
  }
  // Compares with plain arithmetic on the samples that are in the file; also how many levels of
  // green there are, of which a filter may lose a few where they lie far apart.
  void ExpectLike(const DeepPixels& ramp, const ColourSpace& space, int bits, const Pixels& seen) {
    ASSERT_EQ(seen.width, 1024);
    const int y = seen.height / 2;
    std::set<int> found;
    std::set<int> wanted;
    double worst = 0;
    int at = 0;
    for (int x = 0; x < seen.width; ++x) {
      const int of = ramp.width == seen.width ? x : (x * 2 + 1) * ramp.width / (2 * seen.width);
      const DeepColour& colour = ramp.At(of, 0);
      const Rgba expected = SharesToSrgb(
          space, {Rounded(colour[0], bits), Rounded(colour[1], bits), Rounded(colour[2], bits)});
      const double difference = ColourDifference(seen.At(x, y), expected);
      found.insert(seen.At(x, y).green);
      wanted.insert(expected.green);
      if (difference <= worst) continue;
      worst = difference;
      at = x;
    }
    EXPECT_LT(worst, kLessThanVisible)
        << "at column " << at << ", where green is " << seen.At(at, y).green;
    EXPECT_GE(found.size() + 8, wanted.size());
  }
};

// Of 256 steps of a gamut's own curve, some levels of sRGB would be passed over.
TEST_F(DeepPixelsTest, NoLevelIsLostOnTheWayToSrgb) {
  for (const Writer& writer : Writers()) {
    for (const ColourSpace* space : {&kProPhoto, &kAdobeRgb, &kLinearSrgb}) {
      for (const int width : {1024, 4096}) {
        SCOPED_TRACE(testing::Message() << writer.name << " " << space->name << " " << width);
        DeepOptions options;
        options.profile = RgbProfile(*space);
        const DeepPixels ramp = Ramp(width, width / 64, {1, 1, 1, 1});
        ExpectLike(ramp, *space, writer.bits, Png(writer.write(ramp, options)));
      }
    }
  }
}

TEST_F(DeepPixelsTest, DarkColoursOfWideGamutsAreExact) {
  for (const Writer& writer : Writers()) {
    for (const ColourSpace* space : {&kProPhoto, &kAdobeRgb, &kLinearSrgb}) {
      SCOPED_TRACE(testing::Message() << writer.name << " " << space->name);
      DeepOptions options;
      options.profile = RgbProfile(*space);
      const DeepPixels ramp = Ramp(1024, 16, {0.08, 0.1, 0.07, 1});
      ExpectLike(ramp, *space, writer.bits, Png(writer.write(ramp, options)));
    }
  }
}

TEST_F(DeepPixelsTest, GreyProfilesAreFollowedByAllBits) {
  DeepOptions options;
  options.grey = true;
  options.profile = GreyProfile(1.0);
  for (const bool alpha : {false, true}) {
    options.alpha = alpha;
    const DeepPixels ramp = Ramp(1024, 16, {0.1, 0.1, 0.1, 1});
    ExpectLike(ramp, kLinearSrgb, 16, Png(MakeDeepPng(ramp, options)));
  }
}

TEST_F(DeepPixelsTest, HalfTransparentColoursAreStraight) {
  for (const Writer& writer : Writers()) {
    if (std::string(writer.name).find("alpha") == std::string::npos) continue;
    SCOPED_TRACE(writer.name);
    DeepOptions options;
    options.profile = RgbProfile(kProPhoto);
    const DeepPixels ramp = Ramp(2048, 32, {0.5, 0.6, 0.4, 0.5});
    const Pixels seen = Png(writer.write(ramp, options));
    const Rgba end = SharesToSrgb(kProPhoto, {0.5, 0.6, 0.4});
    EXPECT_TRUE(Near(seen.At(1023, 8), {end.red, end.green, end.blue, 128}, 2));
  }
}

// Light beyond sRGB's white, with primaries that an EXR tells.
TEST_F(DeepPixelsTest, AnExrsPrimariesAreFollowed) {
  DeepOptions options;
  const std::array<double, 8>& c = kWideLight.chromaticity;
  options.chromaticities = {static_cast<float>(c[2]), static_cast<float>(c[3]),
                            static_cast<float>(c[4]), static_cast<float>(c[5]),
                            static_cast<float>(c[6]), static_cast<float>(c[7]),
                            static_cast<float>(c[0]), static_cast<float>(c[1])};
  const DeepPixels ramp = Ramp(1024, 16, {0.6, 0.8, 0.5, 1});
  ExpectLike(ramp, kWideLight, 16, Png(MakeFloats("exr", ramp, options)));
}
}  // namespace
}  // namespace hestia
