#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_JAIL_BOMBS_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_JAIL_BOMBS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace hestia {

// Small files that ask for much: of memory, of time, of both. Made when asked for.
struct Bomb {
  std::string name;
  std::string bytes;
  // The verdict's reason; empty where more than one is right, or where the format lets a
  // reader pass the bomb by and make a thumbnail of the rest.
  std::string reason;
  // Whether the first few hundred bytes tell, so that nothing needs to be decoded.
  bool by_header = true;
};

// Some twenty, the largest of a few megabytes.
std::vector<Bomb> MakeBombs();

// Whole images that need all of their pixels in memory.
std::string InterlacedPng(std::uint32_t width, std::uint32_t height);
std::string GifCanvas(std::uint32_t width, std::uint32_t height);

}  // namespace hestia

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_JAIL_BOMBS_H_
