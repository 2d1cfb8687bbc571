#include "tests/thumbnail-service/render/exotic_images.h"

#include <cmath>
#include <map>
#include <tuple>

namespace hestia {
namespace {
void Put(std::string& bytes, unsigned value, int size) {
  for (int i = 0; i < size; ++i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

void PutTag(std::string& bytes, unsigned tag, unsigned type, unsigned count, unsigned value) {
  Put(bytes, tag, 2);
  Put(bytes, type, 2);
  Put(bytes, count, 4);
  Put(bytes, value, 4);
}

using Key = std::tuple<int, int, int, int>;

// Blocks of at most 255 bytes, as GIF wants its data.
void PutBlocks(std::string& bytes, const std::string& data) {
  for (std::size_t at = 0; at < data.size(); at += 255) {
    const std::string block = data.substr(at, 255);
    bytes.push_back(static_cast<char>(block.size()));
    bytes += block;
  }
  bytes.push_back('\0');
}

// Runs of one byte as its count and itself, others as they are.
std::string PackBits(const std::string& row) {
  std::string packed;
  for (std::size_t at = 0; at < row.size();) {
    std::size_t run = 1;
    while (run < 128 && at + run < row.size() && row[at + run] == row[at]) ++run;
    if (run > 1) {
      packed.push_back(static_cast<char>(257 - run));
      packed.push_back(row[at]);
    } else {
      packed.push_back('\0');
      packed.push_back(row[at]);
    }
    at += run;
  }
  return packed;
}
}  // namespace

std::string MakeBmp(const Pixels& pixels) {
  const unsigned stride = (static_cast<unsigned>(pixels.width) * 3 + 3) / 4 * 4;
  const unsigned size = stride * static_cast<unsigned>(pixels.height);
  std::string bytes = "BM";
  Put(bytes, 54 + size, 4);
  Put(bytes, 0, 4);
  Put(bytes, 54, 4);
  Put(bytes, 40, 4);
  Put(bytes, static_cast<unsigned>(pixels.width), 4);
  Put(bytes, static_cast<unsigned>(pixels.height), 4);
  Put(bytes, 1, 2);
  Put(bytes, 24, 2);
  Put(bytes, 0, 4);
  Put(bytes, size, 4);
  for (const unsigned value : {2835U, 2835U, 0U, 0U}) Put(bytes, value, 4);
  for (int y = pixels.height - 1; y >= 0; --y) {
    const std::size_t row = bytes.size();
    for (int x = 0; x < pixels.width; ++x) {
      const Rgba& colour = pixels.At(x, y);
      for (const int value : {colour.blue, colour.green, colour.red}) {
        bytes.push_back(static_cast<char>(value));
      }
    }
    bytes.resize(row + stride, '\0');
  }
  return bytes;
}

std::string MakeTiff(const Pixels& pixels, int orientation, int bits) {
  constexpr unsigned kShort = 3;
  constexpr unsigned kLong = 4;
  constexpr unsigned kTags = 10;
  constexpr unsigned kBitsAt = 8 + 2 + kTags * 12 + 4;
  const auto width = static_cast<unsigned>(pixels.width);
  const auto height = static_cast<unsigned>(pixels.height);
  std::string bytes("II*\0", 4);
  Put(bytes, 8, 4);
  Put(bytes, kTags, 2);
  PutTag(bytes, 256, kLong, 1, width);
  PutTag(bytes, 257, kLong, 1, height);
  PutTag(bytes, 258, kShort, 3, kBitsAt);
  PutTag(bytes, 259, kShort, 1, 1);  // not compressed
  PutTag(bytes, 262, kShort, 1, 2);  // RGB
  PutTag(bytes, 273, kLong, 1, kBitsAt + 6);
  PutTag(bytes, 274, kShort, 1, static_cast<unsigned>(orientation));
  PutTag(bytes, 277, kShort, 1, 3);
  PutTag(bytes, 278, kLong, 1, height);
  PutTag(bytes, 279, kLong, 1, width * height * 3 * static_cast<unsigned>(bits) / 8);
  Put(bytes, 0, 4);
  for (int i = 0; i < 3; ++i) Put(bytes, static_cast<unsigned>(bits), 2);
  for (const Rgba& colour : pixels.colours) {
    for (const int value : {colour.red, colour.green, colour.blue}) {
      Put(bytes, static_cast<unsigned>(bits == 16 ? value * 257 : value), bits / 8);
    }
  }
  return bytes;
}

std::string MakeGif(const Pixels& pixels) {
  // Codes of 8 bits: 7-bit colours, 128 clears the table, 129 ends. Clearing it often enough
  // keeps the codes at 8 bits, so that no compression is needed.
  constexpr int kClear = 128;
  constexpr int kEnd = 129;
  constexpr int kPixelsPerClear = 100;
  std::map<Key, int> palette;
  std::string colours;
  std::string codes;
  int transparent = -1;
  int since_clear = kPixelsPerClear;
  for (const Rgba& colour : pixels.colours) {
    const auto [entry, added] = palette.try_emplace(
        Key{colour.red, colour.green, colour.blue, colour.alpha}, static_cast<int>(palette.size()));
    if (added) {
      for (const int value : {colour.red, colour.green, colour.blue}) {
        colours.push_back(static_cast<char>(value));
      }
      if (colour.alpha == 0) transparent = entry->second;
    }
    if (since_clear++ == kPixelsPerClear) {
      codes.push_back(static_cast<char>(kClear));
      since_clear = 1;
    }
    codes.push_back(static_cast<char>(entry->second));
  }
  codes.push_back(static_cast<char>(kEnd));
  colours.resize(std::size_t{128} * 3, '\0');
  std::string bytes = "GIF89a";
  Put(bytes, static_cast<unsigned>(pixels.width), 2);
  Put(bytes, static_cast<unsigned>(pixels.height), 2);
  bytes += std::string("\xf6\0\0", 3) + colours;
  if (transparent >= 0) {
    bytes += std::string("\x21\xf9\x04\x01\0\0", 6);
    bytes.push_back(static_cast<char>(transparent));
    bytes.push_back('\0');
  }
  bytes += std::string("\x2c\0\0\0\0", 5);
  Put(bytes, static_cast<unsigned>(pixels.width), 2);
  Put(bytes, static_cast<unsigned>(pixels.height), 2);
  bytes += std::string("\0\x07", 2);
  PutBlocks(bytes, codes);
  return bytes + "\x3b";
}

std::string MakePpm(const Pixels& pixels) {
  std::string bytes =
      "P6\n" + std::to_string(pixels.width) + " " + std::to_string(pixels.height) + "\n255\n";
  for (const Rgba& colour : pixels.colours) {
    for (const int value : {colour.red, colour.green, colour.blue}) {
      bytes.push_back(static_cast<char>(value));
    }
  }
  return bytes;
}

std::string MakeRadiance(int width, int height, float light) {
  std::string bytes = "#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y " + std::to_string(height) +
                      " +X " + std::to_string(width) + "\n";
  int exponent = 0;
  const auto mantissa = static_cast<char>(static_cast<int>(std::frexp(light, &exponent) * 256));
  for (int i = 0; i < width * height; ++i) {
    bytes.append(3, mantissa);
    bytes.push_back(static_cast<char>(exponent + 128));
  }
  return bytes;
}

std::string MakePsd(const Pixels& pixels, const PsdOptions& options) {
  const auto put_big = [](std::string& bytes, int value, int size) {
    for (int i = size - 1; i >= 0; --i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xff));
  };
  const int colours = options.mode == 1 ? 1 : options.mode;
  const int channels = options.planes.empty() ? colours + (options.alpha ? 1 : 0)
                                              : static_cast<int>(options.planes.size());
  std::string bytes = "8BPS";
  put_big(bytes, options.big ? 2 : 1, 2);
  bytes += std::string(6, '\0');
  put_big(bytes, channels, 2);
  put_big(bytes, pixels.height, 4);
  put_big(bytes, pixels.width, 4);
  put_big(bytes, options.bits, 2);
  put_big(bytes, options.mode, 2);
  put_big(bytes, static_cast<int>(options.palette.size()), 4);
  bytes += options.palette;
  std::string resources = options.ahead;
  if (!options.profile.empty()) {
    resources += "8BIM";
    put_big(resources, 1039, 2);
    put_big(resources, 0, 2);
    put_big(resources, static_cast<int>(options.profile.size()), 4);
    resources += options.profile + std::string(options.profile.size() % 2, '\0');
  }
  put_big(bytes, static_cast<int>(resources.size()), 4);
  bytes += resources;
  if (options.alpha) {
    // One layer without pixels. Its negative count says that the fourth channel is transparency
    // rather than somebody's selection.
    std::string layer;
    put_big(layer, -1, 2);
    layer += std::string(16 + 2, '\0') + "8BIMnorm" + std::string("\xff\0\0\0", 4);
    put_big(layer, 12, 4);
    layer += std::string(12, '\0');
    put_big(bytes, static_cast<int>(layer.size()) + 8, 4);
    put_big(bytes, static_cast<int>(layer.size()), 4);
    bytes += layer + std::string(4, '\0');
  } else {
    bytes += std::string(options.big ? 8 : 4, '\0');
  }
  std::string samples_of_all;
  for (const std::string& plane : options.planes) samples_of_all += plane;
  for (int channel = 0; options.planes.empty() && channel < channels; ++channel) {
    for (const Rgba& colour : pixels.colours) {
      // Photoshop stores inks as the light they leave, so three of them are red, green, blue.
      // What is transparent lies on white, as Photoshop merges its layers.
      const auto on_white = [&](int value) {
        return options.alpha ? (value * colour.alpha + 255 * (255 - colour.alpha)) / 255 : value;
      };
      const int samples[] = {on_white(colour.red), on_white(colour.green), on_white(colour.blue),
                             255 - options.black};
      const int value = channel < colours ? samples[channel] : colour.alpha;
      put_big(samples_of_all, options.bits == 16 ? value * 257 : value, options.bits / 8);
    }
  }
  put_big(bytes, options.packed ? 1 : 0, 2);
  if (!options.packed) return bytes + samples_of_all;
  const auto row_bytes = static_cast<std::size_t>(pixels.width * options.bits / 8);
  std::string rows;
  for (std::size_t at = 0; at < samples_of_all.size(); at += row_bytes) {
    const std::string row = PackBits(samples_of_all.substr(at, row_bytes));
    put_big(bytes, static_cast<int>(row.size()), options.big ? 4 : 2);
    rows += row;
  }
  return bytes + rows;
}

}  // namespace hestia
