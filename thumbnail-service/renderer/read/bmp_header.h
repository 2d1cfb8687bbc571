#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_BMP_HEADER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_BMP_HEADER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thumbnail-service/renderer/picture/picture.h"

namespace hestia {

// What a Windows or OS/2 bitmap says of itself before its pixels. Sources: Microsoft's Windows GDI
// reference, BITMAPFILEHEADER to BITMAPV5HEADER; IBM's OS/2 Presentation Manager reference,
// BITMAPINFOHEADER and BITMAPINFOHEADER2.

// The bits of a pixel that are one of its channels.
struct BmpMask {
  int shift = 0;
  std::uint32_t most = 0;  // their largest value; 0: there are none
};

struct BmpHeader {
  enum class Packing { kNone, kRle8, kRle4 };

  std::int64_t width = 0;
  std::int64_t height = 0;
  bool from_top = false;
  int bits = 0;  // of a pixel: 1, 2, 4, 8 (of the palette), 16, 24 or 32
  Packing packing = Packing::kNone;
  std::array<BmpMask, 4> masks;  // red, green, blue, alpha; of 16 and 32 bits
  // The alpha's mask is in the header, but nothing says that it counts.
  bool alpha_may_be_unused = false;
  std::vector<std::array<std::uint8_t, 3>> palette;  // red, green, blue
  std::span<const std::uint8_t> profile;             // ICC, in the file's bytes
  std::span<const std::uint8_t> pixels;              // all that follows, in the file's bytes

  bool alpha() const { return masks[3].most != 0; }
};

// Refuses (refuse.h) what is no bitmap or ends within its header, and as unsupported what is packed
// otherwise, or has channels that are no runs of bits. A size is not judged.
//
// Thread-safety: a pure function. Ownership: the header borrows `bytes`. Memory: a palette of at
// most 256 colours.
BmpHeader ReadBmpHeader(std::span<const std::uint8_t> bytes);

// The size alone; nothing else has to be there, or right.
BmpHeader ReadBmpSize(std::span<const std::uint8_t> bytes);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_BMP_HEADER_H_
