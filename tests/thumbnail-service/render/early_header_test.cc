#include "thumbnail-service/renderer/read/early_header.h"

#include <cstdint>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {

std::string Bytes(std::uint64_t number, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<char>(number >> (8 * i) & 0xFF));
  return bytes;
}

// A BigTIFF of one empty directory, which names `next` as the one behind it.
std::string BigTiff(std::uint64_t next) {
  return "II" + Bytes(43, 2) + Bytes(8, 2) + Bytes(0, 2) + Bytes(16, 8) + Bytes(0, 8) +
         Bytes(next, 8);
}

std::uint64_t PagesOf(const std::string& tiff) {
  const std::string path = testing::TempDir() + "/early_header.tif";
  std::ofstream(path, std::ios::binary) << tiff;
  return CountTiffPages(path, 100);
}

TEST(EarlyHeaderTest, ADirectoryAtAPositionThatNoFileHasEndsTheCount) {
  for (const std::uint64_t next :
       {~std::uint64_t{0}, ~std::uint64_t{7}, ~std::uint64_t{15}, ~std::uint64_t{0} >> 1}) {
    EXPECT_EQ(PagesOf(BigTiff(next)), 1U) << next;
  }
}

TEST(EarlyHeaderTest, DirectoriesInACircleAreCountedOnce) { EXPECT_EQ(PagesOf(BigTiff(16)), 1U); }

TEST(EarlyHeaderTest, TheInkSetIsReadInEitherByteOrderAndSize) {
  const auto set_of = [](const std::string& tiff) {
    const std::string path = testing::TempDir() + "/ink_set.tif";
    std::ofstream(path, std::ios::binary) << tiff;
    return ReadTiffInkSet(path);
  };
  const std::string little = "II" + Bytes(42, 2) + Bytes(8, 4) + Bytes(1, 2);
  EXPECT_EQ(set_of(little + Bytes(332, 2) + Bytes(3, 2) + Bytes(1, 4) + Bytes(2, 4)), 2U);
  EXPECT_EQ(set_of(little + Bytes(333, 2) + Bytes(3, 2) + Bytes(1, 4) + Bytes(2, 4)), 1U);
  EXPECT_EQ(set_of(std::string("MM\0*\0\0\0\x08\0\1\1\x4c\0\3\0\0\0\1\0\2\0\0", 22)), 2U);
  EXPECT_EQ(set_of(std::string("MM\0*\0\0\0\x08\0\1\1\x4c\0\4\0\0\0\1\0\0\0\2", 22)), 2U)
      << "a LONG, though it should be a SHORT";
  EXPECT_EQ(set_of("II" + Bytes(43, 2) + Bytes(8, 2) + Bytes(0, 2) + Bytes(16, 8) + Bytes(1, 8) +
                   Bytes(332, 2) + Bytes(3, 2) + Bytes(1, 8) + Bytes(2, 8)),
            2U);
  EXPECT_EQ(set_of(little + Bytes(332, 2)), 1U) << "cut short";
  EXPECT_EQ(set_of("II" + Bytes(43, 2) + Bytes(8, 2) + Bytes(0, 2) + Bytes(~std::uint64_t{0}, 8)),
            1U);
}

std::string BigBytes(std::uint64_t number, int count) {
  std::string bytes = Bytes(number, count);
  return {bytes.rbegin(), bytes.rend()};
}

// What begins every codestream of JPEG 2000.
std::string CodeStream(std::uint64_t right, std::uint64_t bottom, std::uint64_t left,
                       std::uint64_t top) {
  std::string bytes = "\xff\x4f\xff\x51" + BigBytes(38 + 3 * 3, 2) + BigBytes(0, 2);
  for (const std::uint64_t place : {right, bottom, left, top, right, bottom, left, top}) {
    bytes += BigBytes(place, 4);
  }
  return bytes + BigBytes(3, 2);
}

std::string Box(const std::string& kind, const std::string& content) {
  return BigBytes(8 + content.size(), 4) + kind + content;
}

const std::string kSignature = Box("jP  ", "\r\n\x87\n");

class Jpeg2000HeaderTest : public testing::Test {
 protected:
  struct Refusal {
    wire::Outcome outcome;
  };
  Jpeg2000HeaderTest() {
    SetRefusalHandler([](wire::Outcome outcome, const char*) { throw Refusal{outcome}; });
  }
  ~Jpeg2000HeaderTest() override { SetRefusalHandler(nullptr); }

  EarlyHeader HeaderOf(const std::string& file) {
    const std::string path = testing::TempDir() + "/early_header.jp2";
    std::ofstream(path, std::ios::binary) << file;
    return ReadEarlyHeader(path, "jpeg2000", 1).value();
  }
  void ExpectSize(const std::string& file) {
    const EarlyHeader header = HeaderOf(file);
    EXPECT_EQ(header.width_px, 5600U);
    EXPECT_EQ(header.height_px, 4200U);
    EXPECT_EQ(header.channels, 3U);
  }
  void ExpectDecodeFailed(const std::string& file) {
    try {
      HeaderOf(file);
      ADD_FAILURE() << "not refused";
    } catch (const Refusal& refusal) {
      EXPECT_EQ(refusal.outcome, wire::Outcome::kDecodeFailed);
    }
  }
};

TEST_F(Jpeg2000HeaderTest, TheSizeIsWhatTheReferenceGridLeavesOfTheImage) {
  ExpectSize(CodeStream(5600, 4200, 0, 0));
  ExpectSize(CodeStream(5700, 4201, 100, 1));
}

TEST_F(Jpeg2000HeaderTest, TheCodestreamIsFoundBehindBoxesOfEveryKindOfLength) {
  const std::string stream = CodeStream(5600, 4200, 0, 0);
  ExpectSize(kSignature + Box("ftyp", "jp2 ") + Box("jp2h", std::string(9000, 'x')) +
             Box("jp2c", stream));
  ExpectSize(kSignature + BigBytes(0, 4) + "jp2c" + stream);
  ExpectSize(kSignature + BigBytes(1, 4) + "jp2c" + BigBytes(16 + stream.size(), 8) + stream);
  ExpectSize(kSignature + BigBytes(1, 4) + "uuid" + BigBytes(16 + 3, 8) + "abc" +
             Box("jp2c", stream));
  ExpectSize(kSignature + Box("free", "") + Box("jp2c", stream));
}

TEST_F(Jpeg2000HeaderTest, NoLengthOfABoxLeadsAstray) {
  const std::string behind = Box("jp2c", CodeStream(5600, 4200, 0, 0));
  for (const std::uint64_t size : {0U, 2U, 7U, 0x7fffffffU, 0xffffffffU}) {
    SCOPED_TRACE(size);
    ExpectDecodeFailed(kSignature + BigBytes(size, 4) + "uuid" + behind);
  }
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{15},
                                   ~std::uint64_t{0}, ~std::uint64_t{11}, ~std::uint64_t{0} >> 1}) {
    SCOPED_TRACE(size);
    ExpectDecodeFailed(kSignature + BigBytes(1, 4) + "uuid" + BigBytes(size, 8) + behind);
  }
  std::string boxes = kSignature;
  for (int i = 0; i < 20'000; ++i) boxes += Box("free", "");
  ExpectDecodeFailed(boxes + behind);
}

TEST_F(Jpeg2000HeaderTest, WhatHasNoSizeIsRefused) {
  const std::string stream = CodeStream(5600, 4200, 0, 0);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{3}, std::size_t{20}, std::size_t{41}}) {
    ExpectDecodeFailed(stream.substr(0, size));
    ExpectDecodeFailed(kSignature + Box("jp2c", stream.substr(0, size)));
  }
  ExpectDecodeFailed(CodeStream(100, 4200, 100, 0));
  ExpectDecodeFailed(CodeStream(5600, 100, 0, 101));
  ExpectDecodeFailed(kSignature + Box("jp2c", "\xff\x4f\xff\x52" + stream.substr(4)));
}

}  // namespace
}  // namespace hestia
