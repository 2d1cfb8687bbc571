#include "tests/thumbnail-service/jail/jpeg_bombs.h"

#include <algorithm>

#include "tests/thumbnail-service/jail/byte_writer.h"

namespace hestia {
namespace {
std::string Segment(char marker, const std::string& data) {
  return ByteWriter()
      .Text(std::string("\xff") + marker)
      .Big16(data.size() + 2)
      .Text(data)
      .bytes();
}

std::string Frame(char marker, int width, int height) {
  const std::string tables = Segment('\xdb', std::string(1, '\0') + std::string(64, '\x10'));
  const std::string frame = ByteWriter()
                                .Text("\x08")
                                .Big16(static_cast<std::size_t>(height))
                                .Big16(static_cast<std::size_t>(width))
                                .Text({"\x01\x01\x11\0", 4})
                                .bytes();
  return "\xff\xd8" + tables + Segment(marker, frame);
}

// A Huffman table whose only code, "0", is `symbol`.
std::string OneCode(char id, char symbol) {
  return Segment('\xc4', std::string(1, id) + '\x01' + std::string(15, '\0') + symbol);
}

// "The next blocks end here", as often as it takes: a zero bit, then 14 bits of count above
// 16384, filled up with ones.
std::string RunsOver(int blocks) {
  std::string bits;
  constexpr int kLeast = 1 << 14;
  while (blocks > 0) {
    const int run = std::clamp(blocks, kLeast, 2 * kLeast - 1);
    bits += '0';
    for (int bit = 13; bit >= 0; --bit) bits += ((run - kLeast) >> bit & 1) != 0 ? '1' : '0';
    blocks -= run;
  }
  while (bits.size() % 8 != 0) bits += '1';
  std::string bytes;
  for (std::size_t at = 0; at < bits.size(); at += 8) {
    const auto byte = static_cast<char>(std::stoi(bits.substr(at, 8), nullptr, 2));
    bytes += byte;
    if (byte == '\xff') bytes += '\0';
  }
  return bytes;
}
}  // namespace

std::string JpegHeader(int width, int height) {
  return Frame('\xc0', width, height) + OneCode('\0', '\0') + OneCode('\x10', '\0') +
         Segment('\xda', std::string("\x01\x01\0\0\x3f\0", 6));
}

std::string JpegOfScans(int width, int height, int scans) {
  const int blocks = ((width + 7) / 8) * ((height + 7) / 8);
  const std::string scan =
      Segment('\xda', std::string("\x01\x01\0\x01\x3f\0", 6)) + RunsOver(blocks);
  std::string jpeg = Frame('\xc2', width, height) + OneCode('\x10', '\xe0');
  for (int i = 0; i < scans; ++i) jpeg += scan;
  return jpeg + "\xff\xd9";
}

}  // namespace hestia
