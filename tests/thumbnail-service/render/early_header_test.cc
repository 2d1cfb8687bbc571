#include "thumbnail-service/renderer/read/early_header.h"

#include <cstdint>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace hestia {
namespace {

std::string Bytes(std::uint64_t number, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<char>(number >> (8 * i) & 0xFF));
  return bytes;
}

// A BigTIFF of one empty directory, which names `next` as the one behind it.
std::string BigTiff(std::uint64_t next) {
  return "II" + Bytes(43, 2) + Bytes(8, 2) + Bytes(0, 2) + Bytes(16, 8) + Bytes(0, 8) + Bytes(next, 8);
}

std::uint64_t PagesOf(const std::string& tiff) {
  const std::string path = testing::TempDir() + "/early_header.tif";
  std::ofstream(path, std::ios::binary) << tiff;
  return CountTiffPages(path, 100);
}

TEST(EarlyHeaderTest, ADirectoryAtAPositionThatNoFileHasEndsTheCount) {
  for (const std::uint64_t next : {~std::uint64_t{0}, ~std::uint64_t{7}, ~std::uint64_t{15}, ~std::uint64_t{0} >> 1}) {
    EXPECT_EQ(PagesOf(BigTiff(next)), 1U) << next;
  }
}

TEST(EarlyHeaderTest, DirectoriesInACircleAreCountedOnce) {
  EXPECT_EQ(PagesOf(BigTiff(16)), 1U);
}

}  // namespace
}  // namespace hestia
