#include "tests/thumbnail-service/render/bitmap_images.h"

#include <algorithm>

namespace hestia {
namespace {
void Put(std::string& bytes, std::uint32_t value, int size) {
  for (int i = 0; i < size; ++i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

void PutOver(std::string& bytes, std::size_t at, std::uint32_t value) {
  std::string number;
  Put(number, value, 4);
  if (at + 4 <= bytes.size()) bytes.replace(at, 4, number);
}

std::string Header(const Bitmap& bitmap) {
  std::string header;
  Put(header, static_cast<std::uint32_t>(bitmap.header), 4);
  if (bitmap.header == 12) {
    Put(header, static_cast<std::uint32_t>(bitmap.width), 2);
    Put(header, static_cast<std::uint32_t>(bitmap.height), 2);
    Put(header, 1, 2);
    Put(header, static_cast<std::uint32_t>(bitmap.bits), 2);
    return header;
  }
  Put(header, static_cast<std::uint32_t>(bitmap.width), 4);
  Put(header, static_cast<std::uint32_t>(bitmap.height), 4);
  Put(header, 1, 2);
  Put(header, static_cast<std::uint32_t>(bitmap.bits), 2);
  header.resize(static_cast<std::size_t>(bitmap.header), '\0');
  PutOver(header, 16, bitmap.compression);
  PutOver(header, 32, bitmap.colours_used);
  std::size_t at = 40;
  for (const std::uint32_t mask : bitmap.masks) {
    if (bitmap.header == 40) {
      Put(header, mask, 4);
    } else {
      PutOver(header, at, mask);
    }
    at += 4;
  }
  return header;
}
}  // namespace

std::string MakeBitmap(const Bitmap& bitmap) {
  std::string header = Header(bitmap);
  std::string palette;
  for (const Rgba& colour : bitmap.palette) {
    for (const int value : {colour.blue, colour.green, colour.red}) {
      palette.push_back(static_cast<char>(value));
    }
    if (bitmap.header != 12) palette.push_back('\0');
  }
  const std::size_t behind = header.size() + palette.size() + bitmap.pixels.size();
  if (!bitmap.profile.empty()) {
    PutOver(header, 56, 0x4d424544);
    PutOver(header, 112, static_cast<std::uint32_t>(behind));
    PutOver(header, 116, static_cast<std::uint32_t>(bitmap.profile.size()));
  }
  std::string bytes = "BM";
  Put(bytes, static_cast<std::uint32_t>(14 + behind + bitmap.profile.size()), 4);
  Put(bytes, 0, 4);
  Put(bytes, static_cast<std::uint32_t>(14 + header.size() + palette.size()), 4);
  return bytes + header + palette + bitmap.pixels + bitmap.profile;
}

std::string BitmapRows(const std::vector<std::vector<std::uint32_t>>& rows, int bits) {
  std::string bytes;
  for (const std::vector<std::uint32_t>& row : rows) {
    int free = 0;  // bits of the last byte, where pixels are smaller
    for (const std::uint32_t pixel : row) {
      if (bits >= 8) {
        Put(bytes, pixel, bits / 8);
        continue;
      }
      if (free == 0) {
        bytes.push_back('\0');
        free = 8;
      }
      free -= bits;
      bytes.back() = static_cast<char>(static_cast<std::uint8_t>(bytes.back()) | pixel << free);
    }
    while (bytes.size() % 4 != 0) bytes.push_back('\0');
  }
  return bytes;
}

}  // namespace hestia
