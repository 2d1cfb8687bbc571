#include "tests/thumbnail-service/render/colour_profiles.h"
#include "tests/thumbnail-service/render/oiio_images.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"
#include "tests/thumbnail-service/render/tagged_tiff.h"

namespace hestia {
namespace {
constexpr int kMinIsWhite = 0;
constexpr int kSeparated = 5;
constexpr int kUnspecified = 0;
constexpr int kAssociated = 1;
constexpr int kUnassociated = 2;

struct Halves {
  Rgba left;
  Rgba right;
};

class TiffChannelsTest : public RenderingTest {
 protected:
  Halves HalvesOf(const TaggedTiff& tiff) {
    const Pixels pixels = Thumbnail(MakeTaggedTiff(tiff));
    return {pixels.At(32, 48), pixels.At(96, 48)};
  }
  void ExpectHalves(const TaggedTiff& tiff, const Rgba& left, const Rgba& right) {
    const Halves halves = HalvesOf(tiff);
    EXPECT_TRUE(Near(halves.left, left, 4));
    EXPECT_TRUE(Near(halves.right, right, 4));
  }
};

std::vector<int> Scaled(std::vector<int> samples, int bits) {
  for (int& sample : samples) sample = bits == 16 ? sample * 257 : sample;
  return samples;
}

// What four inks alone are shown as is tested elsewhere.
TEST_F(TiffChannelsTest, InksThatHaveOtherChannelsBesideThemAreShownAsInks) {
  const std::vector<int> red{0, 255, 255, 0};
  const std::vector<int> dark{20, 60, 200, 120};
  for (const std::string& profile : {std::string(), WideInksProfile()}) {
    for (const int bits : {8, 16, 32}) {
      TaggedTiff four{kSeparated, bits, Scaled(red, bits), Scaled(dark, bits)};
      four.profile = profile;
      const Halves expected = HalvesOf(four);
      EXPECT_GT(expected.left.red, expected.left.green + 60);
      for (const auto& extra : std::vector<std::vector<int>>{
               {kUnspecified}, {kUnspecified, kUnspecified}, {kUnspecified, kUnassociated}, {}}) {
        for (const bool tiled : {false, true}) {
          SCOPED_TRACE(testing::Message() << bits << " bits, " << extra.size() << " more" << tiled);
          TaggedTiff more = four;
          more.extra = extra;
          more.tiled = tiled;
          more.ink_set = tiled ? 1 : 0;
          for (std::size_t i = 0; i < std::max<std::size_t>(extra.size(), 1); ++i) {
            more.left.push_back(bits == 16 ? 65535 : 255);
            more.right.push_back(0);
          }
          ExpectHalves(more, expected.left, expected.right);
        }
      }
    }
  }
}

TEST_F(TiffChannelsTest, WhereInksAreTransparentThereIsPaper) {
  for (const int bits : {8, 16, 32}) {
    SCOPED_TRACE(bits);
    const int most = bits == 16 ? 65535 : 255;
    const Halves opaque =
        HalvesOf({kSeparated, bits, Scaled({0, 255, 255, 0}, bits), Scaled({0, 51, 51, 0}, bits)});
    TaggedTiff tiff{kSeparated, bits, Scaled({0, 255, 255, 0}, bits),
                    Scaled({0, 255, 255, 0}, bits)};
    tiff.extra = {kUnassociated};
    tiff.left.push_back(most);
    tiff.right.push_back(most / 5);
    ExpectHalves(tiff, opaque.left, opaque.right);
    tiff.right.back() = 0;
    ExpectHalves(tiff, opaque.left, {255, 255, 255});
    // Alpha that the inks were multiplied by before needs nothing more.
    tiff.extra = {kAssociated};
    tiff.right = Scaled({0, 51, 51, 0}, bits);
    tiff.right.push_back(most / 5);
    ExpectHalves(tiff, opaque.left, opaque.right);
  }
}

TEST_F(TiffChannelsTest, SeparationsOfUnknownInksAreRefused) {
  TaggedTiff named{kSeparated, 8, {9, 9, 9, 9}, {9, 9, 9, 9}};
  named.ink_set = 2;
  TaggedTiff few{kSeparated, 8, {9, 9, 9}, {9, 9, 9}};
  TaggedTiff many{kSeparated, 8, {9, 9, 9, 9, 9, 9}, {9, 9, 9, 9, 9, 9}};
  many.ink_set = 2;
  for (const TaggedTiff& tiff : {named, few, many}) {
    const absl::Status status = Render(MakeTaggedTiff(tiff)).status();
    EXPECT_EQ(Reason(status), "UNSUPPORTED_FORMAT") << status;
  }
}

TEST_F(TiffChannelsTest, WhereZeroIsWhiteMoreIsDarker) {
  const Rgba light{223, 223, 223};
  const Rgba black{0, 0, 0};
  for (const bool tiled : {false, true}) {
    SCOPED_TRACE(tiled);
    TaggedTiff tiff{kMinIsWhite, 8, {32}, {255}};
    tiff.tiled = tiled;
    ExpectHalves(tiff, light, black);
    tiff.bits = 16;
    tiff.left = {32 * 257};
    tiff.right = {65535};
    ExpectHalves(tiff, light, black);
    tiff.bits = 12;
    tiff.left = {514};
    tiff.right = {4095};
    ExpectHalves(tiff, light, black);
    // Light: 1 - 128 / 255 of it is level 187.
    tiff.bits = 32;
    tiff.left = {128};
    tiff.right = {255};
    ExpectHalves(tiff, {187, 187, 187}, black);
  }
}

TEST_F(TiffChannelsTest, WhereZeroIsWhiteAlphaIsStillAlpha) {
  for (const int bits : {8, 16}) {
    for (const bool deflate : {false, true}) {
      for (const bool tiled : {false, true}) {
        SCOPED_TRACE(testing::Message() << bits << deflate << tiled);
        TaggedTiff tiff{kMinIsWhite, bits, Scaled({32, 255}, bits), Scaled({55, 51}, bits)};
        tiff.deflate = deflate;
        tiff.tiled = tiled;
        tiff.extra = {kUnassociated};
        ExpectHalves(tiff, {223, 223, 223, 255}, {200, 200, 200, 51});
        // 40 of 51 are 200 of 255.
        tiff.extra = {kAssociated};
        tiff.right = Scaled({255 - 40, 51}, bits);
        ExpectHalves(tiff, {223, 223, 223, 255}, {200, 200, 200, 51});
        tiff.extra = {kUnspecified};
        ExpectHalves(tiff, {223, 223, 223, 255}, {40, 40, 40, 255});
      }
    }
  }
}

// Of tiles OpenImageIO would multiply by alpha twice.
TEST_F(TiffChannelsTest, AChannelBehindAlphaLeavesColoursAndAlphaAlone) {
  constexpr int kRgb = 2;
  for (const int bits : {8, 16}) {
    for (const bool tiled : {false, true}) {
      SCOPED_TRACE(testing::Message() << bits << tiled);
      TaggedTiff tiff{kRgb, bits, Scaled({200, 10, 10, 255, 7}, bits),
                      Scaled({10, 200, 100, 51, 90}, bits)};
      tiff.extra = {kUnassociated, kUnspecified};
      tiff.tiled = tiled;
      ExpectHalves(tiff, {200, 10, 10, 255}, {10, 200, 100, 51});
    }
  }
}
}  // namespace
}  // namespace hestia
