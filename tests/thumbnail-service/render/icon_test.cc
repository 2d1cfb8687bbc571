#include <string>
#include <vector>

#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
void Put(std::string& bytes, std::uint32_t value, int size) {
  for (int i = 0; i < size; ++i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

struct Icon {
  int side = 0;
  Rgba colour;
  int bits = 32;     // 24 or 32, of a bitmap
  bool png = false;  // else a bitmap
};

// A plain bitmap without its file's header, and a mask that covers nothing.
std::string Dib(const Icon& icon) {
  const auto side = static_cast<std::uint32_t>(icon.side);
  std::string bytes;
  Put(bytes, 40, 4);
  Put(bytes, side, 4);
  Put(bytes, side * 2, 4);
  Put(bytes, 1, 2);
  Put(bytes, static_cast<std::uint32_t>(icon.bits), 2);
  bytes.resize(40, '\0');
  for (int y = 0; y < icon.side; ++y) {
    for (int x = 0; x < icon.side; ++x) {
      for (const int value : {icon.colour.blue, icon.colour.green, icon.colour.red}) {
        bytes.push_back(static_cast<char>(value));
      }
      if (icon.bits == 32) bytes.push_back('\xff');
    }
    bytes.resize((bytes.size() + 3) / 4 * 4, '\0');
  }
  return bytes + std::string((side + 31) / 32 * 4 * side, '\0');
}

// `told`: the bits of a pixel in the directory, which is often wrong about them.
std::string MakeIcon(const std::vector<Icon>& icons, int told = 0) {
  std::string directory("\0\0\1\0", 4);
  Put(directory, static_cast<std::uint32_t>(icons.size()), 2);
  std::string pictures;
  const std::size_t pictures_at = 6 + 16 * icons.size();
  for (const Icon& icon : icons) {
    const std::string picture =
        icon.png ? MakePng(Plain(icon.side, icon.side, icon.colour)) : Dib(icon);
    Put(directory, static_cast<std::uint32_t>(icon.side % 256), 1);
    Put(directory, static_cast<std::uint32_t>(icon.side % 256), 1);
    Put(directory, 0, 4);
    Put(directory, static_cast<std::uint32_t>(told), 2);
    Put(directory, static_cast<std::uint32_t>(picture.size()), 4);
    Put(directory, static_cast<std::uint32_t>(pictures_at + pictures.size()), 4);
    pictures += picture;
  }
  return directory + pictures;
}

class IconTest : public RenderingTest {
 protected:
  void ExpectShown(const std::string& icon, int side, const Rgba& colour) {
    const Pixels pixels = Thumbnail(icon, 512);
    ASSERT_EQ(pixels.width, side);
    EXPECT_TRUE(Near(pixels.At(side / 2, side / 2), colour));
  }
};

TEST_F(IconTest, TheLargestPictureIsShownWhereverItStands) {
  const Icon small{16, kRed};
  const Icon large{48, kGreen};
  const Icon middle{32, kBlue};
  ExpectShown(MakeIcon({small, large, middle}), 48, kGreen);
  ExpectShown(MakeIcon({large, small, middle}), 48, kGreen);
  ExpectShown(MakeIcon({middle, small, large}), 48, kGreen);
}

TEST_F(IconTest, APngIsAsLargeAsItSaysItself) {
  const Icon bitmap{64, kRed};
  ExpectShown(MakeIcon({bitmap, {256, kBlue, 32, true}}), 256, kBlue);
  // The directory can only say 512 % 256.
  ExpectShown(MakeIcon({bitmap, {256, kBlue, 32, true}, {512, kYellow, 32, true}}), 512, kYellow);
}

TEST_F(IconTest, OfOneSizeThatOfMoreBitsIsShown) {
  for (const int told : {0, 32}) {
    ExpectShown(MakeIcon({{32, kRed, 24}, {32, kGreen, 32}, {32, kBlue, 24}}, told), 32, kGreen);
  }
}

TEST_F(IconTest, WhatIsNotThereIsPassedOver) {
  std::string icon = MakeIcon({{16, kRed}, {48, kGreen}});
  // The second one's place.
  icon.replace(6 + 16 + 12, 4, "\xff\xff\xff\x7f");
  ExpectShown(icon, 16, kRed);
}

TEST_F(IconTest, APictureThatCannotBeOpenedIsPassedOver) {
  ExpectShown(MakeIcon({{16, kRed}, {48, kGreen, 7}}), 16, kRed);
}

// As when a download ends early: the largest one often comes last.
TEST_F(IconTest, OneThatIsCutShortIsPassedOver) {
  for (const bool png : {false, true}) {
    const std::string icon = MakeIcon({{16, kRed}, {64, kGreen, 32, png}});
    ExpectShown(icon.substr(0, icon.size() - 20), 16, kRed);
  }
  // Behind what tells the size of a PNG.
  const std::string icon = MakeIcon({{16, kRed}, {64, kGreen, 32, true}});
  ExpectShown(icon.substr(0, icon.find("IHDR") + 21), 16, kRed);
}

TEST_F(IconTest, ABrokenPngIsAVerdict) {
  const std::string icon = MakeIcon({{64, kGreen, 32, true}});
  EXPECT_EQ(Reason(Render(icon.substr(0, icon.find("IHDR") + 21)).status()), "DECODE_FAILED");
  std::string broken = MakeIcon({{16, kRed}, {64, kGreen, 32, true}});
  broken[broken.find("IDAT") + 6] ^= 0x55;
  EXPECT_EQ(Reason(Render(broken).status()), "DECODE_FAILED");
}
}  // namespace
}  // namespace hestia
