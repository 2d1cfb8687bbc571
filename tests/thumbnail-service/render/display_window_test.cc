#include <bit>
#include <cstdint>
#include <functional>

#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
struct Box {
  std::int32_t left = 0;
  std::int32_t top = 0;
  std::int32_t right = 0;  // the last column
  std::int32_t bottom = 0;
};

void Put(std::string& bytes, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

void Put(std::string& bytes, float value) { Put(bytes, std::bit_cast<std::uint32_t>(value)); }

std::string Bytes(const Box& box) {
  std::string bytes;
  for (const std::int32_t side : {box.left, box.top, box.right, box.bottom}) {
    Put(bytes, static_cast<std::uint32_t>(side));
  }
  return bytes;
}

void PutAttribute(std::string& bytes, const std::string& name, const std::string& type,
                  const std::string& value) {
  bytes += name + '\0' + type + '\0';
  Put(bytes, static_cast<std::uint32_t>(value.size()));
  bytes += value;
}

// What light is at a place of the display's own coordinates.
using Light = std::function<float(char channel, int x, int y)>;

// OpenEXR without compression, in floats; `channels` in the order of the alphabet.
std::string MakeExr(const Box& data, const Box& display, const std::string& channels,
                    const Light& light) {
  std::string bytes("\x76\x2f\x31\x01\2\0\0\0", 8);
  std::string list;
  for (const char channel : channels) {
    list += std::string(1, channel) + '\0';
    for (const std::uint32_t value : {2U, 0U, 1U, 1U}) Put(list, value);
  }
  std::string one;
  Put(one, 1.0F);
  PutAttribute(bytes, "channels", "chlist", list + '\0');
  PutAttribute(bytes, "compression", "compression", std::string(1, '\0'));
  PutAttribute(bytes, "dataWindow", "box2i", Bytes(data));
  PutAttribute(bytes, "displayWindow", "box2i", Bytes(display));
  PutAttribute(bytes, "lineOrder", "lineOrder", std::string(1, '\0'));
  PutAttribute(bytes, "pixelAspectRatio", "float", one);
  PutAttribute(bytes, "screenWindowCenter", "v2f", std::string(8, '\0'));
  PutAttribute(bytes, "screenWindowWidth", "float", one);
  bytes.push_back('\0');
  const std::size_t rows = static_cast<std::size_t>(data.bottom - data.top + 1);
  const std::size_t row_bytes =
      static_cast<std::size_t>(data.right - data.left + 1) * channels.size() * 4;
  std::size_t at = bytes.size() + 8 * rows;
  for (std::size_t i = 0; i < rows; ++i, at += 8 + row_bytes) {
    Put(bytes, static_cast<std::uint32_t>(at));
    Put(bytes, 0U);
  }
  for (int y = data.top; y <= data.bottom; ++y) {
    Put(bytes, static_cast<std::uint32_t>(y));
    Put(bytes, static_cast<std::uint32_t>(row_bytes));
    for (const char channel : channels) {
      for (int x = data.left; x <= data.right; ++x) Put(bytes, light(channel, x, y));
    }
  }
  return bytes;
}

constexpr Box kDisplay{0, 0, 63, 47};
// Light of 0.5.
constexpr int kHalf = 188;

// Red at the left of column 32, green at its right, half of them blue below row 24.
float Quarters(char channel, int x, int y) {
  switch (channel) {
    case 'R':
      return x < 32 ? 0.5F : 0.0F;
    case 'G':
      return x < 32 ? 0.0F : 0.5F;
    case 'B':
      return y < 24 ? 0.0F : 0.5F;
    default:
      return 1.0F;
  }
}

class DisplayWindowTest : public RenderingTest {
 protected:
  Pixels Shown(const std::string& exr) {
    const auto rendering = Render(exr, Recipes("one=512:png"));
    if (!rendering.ok()) {
      ADD_FAILURE() << rendering.status();
      return Plain(512, 512, {});
    }
    return DecodePng(rendering->images[0].data);
  }
  void ExpectQuarters(const Pixels& pixels, int left, int top) {
    EXPECT_TRUE(Near(pixels.At(left - 1, top - 1), {kHalf, 0, 0}, 2));
    EXPECT_TRUE(Near(pixels.At(left, top - 1), {0, kHalf, 0}, 2));
    EXPECT_TRUE(Near(pixels.At(left - 1, top), {kHalf, 0, kHalf}, 2));
    EXPECT_TRUE(Near(pixels.At(left, top), {0, kHalf, kHalf}, 2));
  }
};

TEST_F(DisplayWindowTest, WhatLiesOutsideOfItIsNotShown) {
  const Pixels pixels = Shown(MakeExr({-16, -100, 79, 90}, kDisplay, "BGR", Quarters));
  ASSERT_EQ(pixels.width, 64);
  ASSERT_EQ(pixels.height, 48);
  ExpectQuarters(pixels, 32, 24);
  EXPECT_TRUE(Near(pixels.At(0, 0), {kHalf, 0, 0}, 2));
  EXPECT_TRUE(Near(pixels.At(63, 47), {0, kHalf, kHalf}, 2));
}

TEST_F(DisplayWindowTest, WhereThereIsNothingToShowItIsBlackOrTransparent) {
  for (const bool alpha : {false, true}) {
    SCOPED_TRACE(alpha);
    const Pixels pixels =
        Shown(MakeExr({16, 12, 47, 35}, kDisplay, alpha ? "ABGR" : "BGR", Quarters));
    ASSERT_EQ(pixels.width, 64);
    ASSERT_EQ(pixels.height, 48);
    ExpectQuarters(pixels, 32, 24);
    EXPECT_TRUE(Near(pixels.At(16, 12), {kHalf, 0, 0}, 2));
    EXPECT_TRUE(Near(pixels.At(47, 35), {0, kHalf, kHalf}, 2));
    for (const auto& [x, y] : {std::pair{15, 24}, std::pair{48, 24}, std::pair{32, 11},
                               std::pair{32, 36}, std::pair{0, 0}}) {
      EXPECT_EQ(pixels.At(x, y).alpha, alpha ? 0 : 255);
      EXPECT_EQ(pixels.At(x, y).red + pixels.At(x, y).green + pixels.At(x, y).blue, 0);
    }
  }
}

// One corner is cut, the opposite one filled up; the display need not begin at 0, either.
TEST_F(DisplayWindowTest, ItMayLieAnywhere) {
  const auto moved = [](char channel, int x, int y) { return Quarters(channel, x - 100, y + 200); };
  const Pixels pixels = Shown(MakeExr({90, -220, 150, -160}, {100, -200, 163, -153}, "BGR", moved));
  ASSERT_EQ(pixels.width, 64);
  ASSERT_EQ(pixels.height, 48);
  ExpectQuarters(pixels, 32, 24);
  EXPECT_TRUE(Near(pixels.At(50, 40), {0, kHalf, kHalf}, 2));
  EXPECT_TRUE(Near(pixels.At(51, 40), {0, 0, 0}, 2));
  EXPECT_TRUE(Near(pixels.At(50, 41), {0, 0, 0}, 2));
}

TEST_F(DisplayWindowTest, NothingOfThePictureNeedBeWithinIt) {
  const Pixels pixels = Shown(MakeExr({100, 100, 110, 110}, kDisplay, "ABGR", Quarters));
  ASSERT_EQ(pixels.width, 64);
  EXPECT_EQ(pixels.At(32, 24).alpha, 0);
}

TEST_F(DisplayWindowTest, LimitsCountItAsTheyCountThePicture) {
  const Box small{0, 0, 9, 9};
  const Box large{0, 0, 99'999, 99'999};
  const std::string exr = MakeExr(small, large, "BGR", Quarters);
  const absl::Status status = Render(exr).status();
  EXPECT_EQ(Reason(status), "TOO_LARGE") << status;
  const absl::Status other =
      Render(MakeExr(small, {-1'000'000'000, 0, 1'000'000'000, 9}, "BGR", Quarters)).status();
  EXPECT_FALSE(other.ok());
}
}  // namespace
}  // namespace hestia
