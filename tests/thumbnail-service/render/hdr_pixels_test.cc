// The signals of high dynamic range, made here by the forward formulas of Recommendation ITU-R
// BT.2100 (inverse EOTF of PQ; inverse OOTF and OETF of HLG), BT.2087 (primaries) and Report
// BT.2408 (reference white), which what is tested has the other way round.
#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "tests/thumbnail-service/render/colour_profiles.h"
#include "tests/thumbnail-service/render/deep_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"
#ifdef HESTIA_HAS_VIDEO
#include "tests/thumbnail-service/render/video_images.h"
#endif

namespace hestia {
namespace {
constexpr double kVisible = 2;
constexpr double kReferenceWhite = 203;  // cd/m²

double Pq(double luminance) {
  const double y = std::pow(std::clamp(luminance / 10'000, 0.0, 1.0), 0.1593017578125);
  return std::pow((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y), 78.84375);
}

double HlgOetf(double light) {
  return light <= 1.0 / 12 ? std::sqrt(3 * light)
                           : 0.17883277 * std::log(12 * light - 0.28466892) + 0.55991073;
}

// Linear sRGB, whose 1 is reference white, to BT.2020's primaries in cd/m².
DeepColour ToWideLight(const DeepColour& c) {
  const auto row = [&](double r, double g, double b) {
    return kReferenceWhite * (r * c[0] + g * c[1] + b * c[2]);
  };
  return {row(0.6274039, 0.3292830, 0.0433131), row(0.0690973, 0.9195404, 0.0113623),
          row(0.0163914, 0.0880133, 0.8955953), c[3]};
}

DeepColour PqSignal(const DeepColour& light) {
  const DeepColour wide = ToWideLight(light);
  return {Pq(wide[0]), Pq(wide[1]), Pq(wide[2]), light[3]};
}

DeepColour HlgSignal(const DeepColour& light) {
  const DeepColour wide = ToWideLight(light);
  const double shown = 0.2627 * wide[0] + 0.6780 * wide[1] + 0.0593 * wide[2];
  if (shown <= 0) return {0, 0, 0, light[3]};
  // On a display of 1000 cd/m².
  const double scene = std::pow(shown / 1000, 1 / 1.2);
  const auto signal = [&](double value) {
    return HlgOetf(std::min(value / 1000 / std::pow(scene, 0.2), 1.0));
  };
  return {signal(wide[0]), signal(wide[1]), signal(wide[2]), light[3]};
}

// The same of light with the primaries of sRGB, as HLG's luminance is then that of BT.709.
DeepColour PqSignalOfUsualPrimaries(const DeepColour& light) {
  return {Pq(kReferenceWhite * light[0]), Pq(kReferenceWhite * light[1]),
          Pq(kReferenceWhite * light[2]), light[3]};
}

DeepColour HlgSignalOfUsualPrimaries(const DeepColour& light) {
  const double shown =
      kReferenceWhite * (0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]);
  const double scene = std::pow(shown / 1000, 1 / 1.2);
  const auto signal = [&](double value) {
    return HlgOetf(std::min(kReferenceWhite * value / 1000 / std::pow(scene, 0.2), 1.0));
  };
  return {signal(light[0]), signal(light[1]), signal(light[2]), light[3]};
}

struct Signal {
  const char* name;
  int transfer;  // ITU-T H.273
  DeepColour (*encode)(const DeepColour& light);
};
const std::vector<Signal> kSignals{{"PQ", 16, PqSignal}, {"HLG", 18, HlgSignal}};

DeepPixels Encoded(const DeepPixels& light, const Signal& signal) {
  DeepPixels encoded = light;
  for (DeepColour& colour : encoded.colours) colour = signal.encode(colour);
  return encoded;
}

struct Writer {
  const char* name;
  std::function<std::string(const DeepPixels&, Cicp)> write;
  // What the codec's own loss adds where 1 % more signal is as much of light.
  double loss = 0;
};

std::vector<Writer> Writers() {
  const auto avif = [](int bits) {
    return [bits](const DeepPixels& pixels, Cicp numbers) {
      DeepOptions options;
      options.bits = bits;
      options.numbers = numbers;
      return MakeDeepAvif(pixels, options);
    };
  };
  std::vector<Writer> writers{{"AVIF of 10 bits", avif(10)}, {"AVIF of 12 bits", avif(12)}};
  const auto with_numbers = [](auto make) {
    return [make](const DeepPixels& pixels, Cicp numbers) {
      DeepOptions options;
      options.numbers = numbers;
      return make(pixels, options);
    };
  };
  writers.push_back({"HEIC", with_numbers(MakeDeepHeic), 1});
  writers.push_back({"JPEG XL", with_numbers(MakeDeepJxl)});
#ifdef HESTIA_HAS_VIDEO
  for (const char* codec : {"libx265", "libvpx-vp9"}) {
    if (!HasVideoEncoder(codec)) continue;
    writers.push_back({codec,
                       [codec](const DeepPixels& pixels, Cicp numbers) {
                         return MakeDeepVideo(pixels, codec, numbers);
                       },
                       1});
  }
#endif
  return writers;
}

class HdrPixelsTest : public RenderingTest {
 protected:
  Pixels Png(const std::string& bytes) {
    const absl::StatusOr<Rendering> rendering = Render(bytes, Recipes("one=512:png"));
    if (!rendering.ok()) {
      ADD_FAILURE() << rendering.status();
      return Plain(512, 32, {});
    }
    return Decode(rendering->images[0]);
  }
};

double LightOf(int level) {
  const double value = level / 255.0;
  return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

// Dark enough for reference white to be the brightest: nothing is left to compress.
TEST_F(HdrPixelsTest, UpToReferenceWhiteColoursAreWhatTheyAre) {
  for (const Signal& signal : kSignals) {
    for (const Writer& writer : Writers()) {
      for (const Rgba& colour : {Rgba{200, 60, 60}, Rgba{60, 180, 80}, Rgba{70, 80, 200},
                                 Rgba{128, 128, 128}, Rgba{30, 34, 28}, Rgba{250, 250, 250}}) {
        SCOPED_TRACE(testing::Message() << signal.name << " " << writer.name << " " << colour.red);
        DeepPixels light{512, 32, {}};
        light.colours.assign(512 * 32,
                             {LightOf(colour.red), LightOf(colour.green), LightOf(colour.blue), 1});
        const Rgba seen =
            Png(writer.write(Encoded(light, signal), {9, signal.transfer})).At(256, 16);
        EXPECT_LT(ColourDifference(seen, colour), kVisible)
            << seen.red << "," << seen.green << "," << seen.blue;
      }
    }
  }
}

// An EXR of the same light has no curve that could be mistaken.
TEST_F(HdrPixelsTest, LightBeyondIsToneMappedLikeThatOfAnExr) {
  // HLG ends at 1000 cd/m², less than five times reference white.
  // An EXR whose mean is brighter would be exposed first.
  const DeepPixels light = Ramp(512, 32, {3.6, 3.4, 3.1, 1});
  const Pixels expected = Png(MakeFloats("exr", light));
  ASSERT_GT(expected.At(511, 16).red, 250);
  for (const Signal& signal : kSignals) {
    for (const Writer& writer : Writers()) {
      SCOPED_TRACE(testing::Message() << signal.name << " " << writer.name);
      const Pixels seen = Png(writer.write(Encoded(light, signal), {9, signal.transfer}));
      double worst = 0;
      int at = 0;
      // A codec blurs the first few columns, where the signal rises steeply.
      for (int x = 16; x < 512; ++x) {
        const double difference = ColourDifference(seen.At(x, 16), expected.At(x, 16));
        if (difference <= worst) continue;
        worst = difference;
        at = x;
      }
      EXPECT_LT(worst, kVisible + writer.loss) << "column " << at;
    }
  }
}

TEST_F(HdrPixelsTest, AlphaStaysAndItsColoursAreStraight) {
  DeepPixels light{512, 32, {}};
  light.colours.assign(512 * 32, {LightOf(200), LightOf(90), LightOf(60), 0.5});
  DeepOptions options;
  options.alpha = true;
  options.bits = 10;
  options.numbers = {9, 16};
  const DeepPixels encoded = Encoded(light, kSignals[0]);
  for (const std::string& bytes : {MakeDeepAvif(encoded, options), MakeDeepJxl(encoded, options)}) {
    EXPECT_TRUE(Near(Png(bytes).At(256, 16), {200, 90, 60, 128}, 3));
  }
}

// Its luminances are meant: without the lamps nothing would be compressed, and it would be as dark.
TEST_F(HdrPixelsTest, ANightWithLampsStaysANight) {
  constexpr double kDark = 1 / kReferenceWhite;
  constexpr double kLamp = 400 / kReferenceWhite;
  DeepPixels light{512, 32, {}};
  for (int i = 0; i < 512 * 32; ++i) {
    const double here = i % 512 >= 480 ? kLamp : kDark;
    light.colours.push_back({here, here, here, 1});
  }
  for (const Signal& signal : kSignals) {
    for (const Writer& writer : Writers()) {
      SCOPED_TRACE(testing::Message() << signal.name << " " << writer.name);
      const Pixels seen = Png(writer.write(Encoded(light, signal), {9, signal.transfer}));
      EXPECT_TRUE(Near(seen.At(200, 16), {16, 16, 16}, 3)) << seen.At(200, 16).red;
      EXPECT_GT(seen.At(500, 16).red, 240);
    }
  }
}

TEST_F(HdrPixelsTest, PrimariesBesideAnHdrCurveAreThoseThatAreTold) {
  const std::vector<Signal> usual{{"PQ", 16, PqSignalOfUsualPrimaries},
                                  {"HLG", 18, HlgSignalOfUsualPrimaries}};
  for (const Signal& signal : usual) {
    for (const Writer& writer : Writers()) {
      for (const Rgba& colour : {Rgba{200, 60, 60}, Rgba{60, 180, 80}, Rgba{70, 80, 200}}) {
        SCOPED_TRACE(testing::Message() << signal.name << " " << writer.name << " " << colour.red);
        DeepPixels light{512, 32, {}};
        light.colours.assign(512 * 32,
                             {LightOf(colour.red), LightOf(colour.green), LightOf(colour.blue), 1});
        const Rgba seen =
            Png(writer.write(Encoded(light, signal), {1, signal.transfer})).At(256, 16);
        EXPECT_LT(ColourDifference(seen, colour), kVisible)
            << seen.red << "," << seen.green << "," << seen.blue;
      }
    }
  }
}

TEST_F(HdrPixelsTest, GreySignalsAreLightToo) {
  for (const Signal& signal : kSignals) {
    for (const bool alpha : {false, true}) {
      SCOPED_TRACE(testing::Message() << signal.name << (alpha ? " with alpha" : ""));
      DeepPixels light{512, 32, {}};
      light.colours.assign(512 * 32, {LightOf(128), LightOf(128), LightOf(128), alpha ? 0.5 : 1});
      DeepOptions options;
      options.grey = true;
      options.alpha = alpha;
      options.numbers = {9, signal.transfer};
      const Rgba seen = Png(MakeDeepJxl(Encoded(light, signal), options)).At(256, 16);
      EXPECT_TRUE(Near(seen, {128, 128, 128, alpha ? 128 : 255}, 2)) << seen.red;
    }
  }
}

// Without an HDR curve, wide primaries are a matter of a profile.
TEST_F(HdrPixelsTest, WidePrimariesWithAUsualCurveAreConverted) {
  const auto encode = [](double light) {
    return light <= 0.0031308 ? 12.92 * light : 1.055 * std::pow(light, 1 / 2.4) - 0.055;
  };
  for (const Writer& writer : Writers()) {
    SCOPED_TRACE(writer.name);
    const DeepColour wide = ToWideLight({LightOf(200), LightOf(90), LightOf(60), 1});
    DeepPixels pixels{512, 32, {}};
    pixels.colours.assign(512 * 32,
                          {encode(wide[0] / kReferenceWhite), encode(wide[1] / kReferenceWhite),
                           encode(wide[2] / kReferenceWhite), 1});
    EXPECT_LT(ColourDifference(Png(writer.write(pixels, {9, 13})).At(256, 16), {200, 90, 60}),
              kVisible);
  }
}
}  // namespace
}  // namespace hestia
