#include "tests/thumbnail-service/render/tagged_tiff.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstdlib>

namespace hestia {
namespace {
constexpr int kWidth = 128;
constexpr int kHeight = 96;
constexpr int kTile = 64;

void Put(std::string& bytes, std::uint32_t value, int size) {
  for (int i = 0; i < size; ++i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

// Samples of 12 bits are packed without gaps, a row at a time.
void PutPixels(std::string& bytes, const TaggedTiff& tiff, int begin, int end) {
  std::uint32_t waiting = 0;
  int waiting_bits = 0;
  for (int x = begin; x < end; ++x) {
    for (const int sample : x < kWidth / 2 ? tiff.left : tiff.right) {
      if (tiff.bits == 32) {
        Put(bytes, std::bit_cast<std::uint32_t>(static_cast<float>(sample) / 255), 4);
      } else if (tiff.bits != 12) {
        Put(bytes, static_cast<std::uint32_t>(sample), tiff.bits / 8);
      } else {
        waiting = waiting << 12 | static_cast<std::uint32_t>(sample);
        for (waiting_bits += 12; waiting_bits >= 8; waiting_bits -= 8) {
          bytes.push_back(static_cast<char>(waiting >> (waiting_bits - 8) & 0xff));
        }
      }
    }
  }
}

std::string Deflate(const std::string& bytes) {
  uLongf size = compressBound(bytes.size());
  std::string packed(size, '\0');
  if (compress(reinterpret_cast<Bytef*>(packed.data()), &size,
               reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()) != Z_OK) {
    std::abort();
  }
  packed.resize(size);
  return packed;
}

// Strips from the top, or tiles row by row; the last tiles are filled up.
std::vector<std::string> Pieces(const TaggedTiff& tiff) {
  std::vector<std::string> pieces;
  const int rows = tiff.tiled ? kTile : tiff.deflate ? 16 : kHeight;
  const int columns = tiff.tiled ? kTile : kWidth;
  for (int y = 0; y < kHeight; y += rows) {
    for (int x = 0; x < kWidth; x += columns) {
      std::string piece;
      for (int row = 0; row < rows; ++row) PutPixels(piece, tiff, x, x + columns);
      pieces.push_back(tiff.deflate ? Deflate(piece) : piece);
    }
  }
  return pieces;
}

class Directory {
 public:
  void Add(unsigned tag, unsigned type, const std::string& values, int value_bytes) {
    entries_.push_back({tag, type, values, value_bytes});
  }
  void Add(unsigned tag, const std::vector<std::uint32_t>& longs) {
    std::string values;
    for (const std::uint32_t value : longs) Put(values, value, 4);
    Add(tag, 4, values, 4);
  }
  void AddShorts(unsigned tag, const std::vector<int>& shorts) {
    std::string values;
    for (const int value : shorts) Put(values, static_cast<std::uint32_t>(value), 2);
    Add(tag, 3, values, 2);
  }
  // Sorted, with what does not fit into it behind it, all of it as it stands at byte 8.
  std::string Write() {
    std::sort(entries_.begin(), entries_.end(),
              [](const Entry& one, const Entry& other) { return one.tag < other.tag; });
    std::string bytes;
    std::string behind;
    const std::size_t behind_at = 8 + 2 + 12 * entries_.size() + 4;
    Put(bytes, static_cast<std::uint32_t>(entries_.size()), 2);
    for (Entry& entry : entries_) {
      Put(bytes, entry.tag, 2);
      Put(bytes, entry.type, 2);
      Put(bytes,
          static_cast<std::uint32_t>(entry.values.size() /
                                     static_cast<std::size_t>(entry.value_bytes)),
          4);
      if (entry.values.size() <= 4) {
        bytes += entry.values + std::string(4 - entry.values.size(), '\0');
      } else {
        Put(bytes, static_cast<std::uint32_t>(behind_at + behind.size()), 4);
        behind += entry.values + std::string(entry.values.size() % 2, '\0');
      }
    }
    Put(bytes, 0, 4);
    return bytes + behind;
  }

 private:
  struct Entry {
    unsigned tag;
    unsigned type;
    std::string values;
    int value_bytes;
  };
  std::vector<Entry> entries_;
};

std::string Write(const TaggedTiff& tiff, const std::vector<std::string>& pieces,
                  std::size_t pieces_at) {
  constexpr int kDeflate = 8;
  constexpr int kFloats = 3;
  const std::size_t channels = tiff.left.size();
  Directory directory;
  directory.Add(256, {kWidth});
  directory.Add(257, {kHeight});
  directory.AddShorts(258, std::vector<int>(channels, tiff.bits));
  directory.AddShorts(259, {tiff.deflate ? kDeflate : 1});
  directory.AddShorts(262, {tiff.photometric});
  directory.AddShorts(277, {static_cast<int>(channels)});
  directory.AddShorts(284, {1});
  std::vector<std::uint32_t> offsets;
  std::vector<std::uint32_t> sizes;
  for (const std::string& piece : pieces) {
    offsets.push_back(static_cast<std::uint32_t>(pieces_at));
    sizes.push_back(static_cast<std::uint32_t>(piece.size()));
    pieces_at += piece.size();
  }
  if (tiff.tiled) {
    directory.Add(322, {kTile});
    directory.Add(323, {kTile});
  } else {
    directory.Add(278, {tiff.deflate ? 16U : kHeight});
  }
  directory.Add(tiff.tiled ? 324 : 273, offsets);
  directory.Add(tiff.tiled ? 325 : 279, sizes);
  if (!tiff.extra.empty()) directory.AddShorts(338, tiff.extra);
  if (tiff.ink_set != 0) directory.AddShorts(332, {tiff.ink_set});
  if (tiff.bits == 32) directory.AddShorts(339, std::vector<int>(channels, kFloats));
  if (!tiff.profile.empty()) directory.Add(34675, 7, tiff.profile, 1);
  return std::string("II*\0\x08\0\0\0", 8) + directory.Write();
}
}  // namespace

std::string MakeTaggedTiff(const TaggedTiff& tiff) {
  const std::vector<std::string> pieces = Pieces(tiff);
  // Its length does not depend on where the pieces are.
  std::string bytes = Write(tiff, pieces, Write(tiff, pieces, 0).size());
  for (const std::string& piece : pieces) bytes += piece;
  return bytes;
}

}  // namespace hestia
