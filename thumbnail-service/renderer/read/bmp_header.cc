#include "thumbnail-service/renderer/read/bmp_header.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
// Within a file.
constexpr std::size_t kHeaderAt = 14;
constexpr std::size_t kMasksAt = kHeaderAt + 40;  // in a longer header, or behind one of 40 bytes
// Sizes of headers.
constexpr std::uint32_t kCore = 12;   // OS/2's first
constexpr std::uint32_t kInfo = 40;   // Windows'
constexpr std::uint32_t kMasks = 52;  // with masks
constexpr std::uint32_t kAlphaMask = 56;
constexpr std::uint32_t kOs2 = 64;  // OS/2's second; it may be cut to 16
constexpr std::uint32_t kV4 = 108;
constexpr std::uint32_t kV5 = 124;

enum Compression : std::uint32_t {
  kRgb = 0,
  kRle8 = 1,
  kRle4 = 2,
  kBitFields = 3,
  kAlphaBitFields = 6,
};

class Fields {
 public:
  explicit Fields(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  std::uint32_t Number(std::size_t at, std::size_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at) {
      Refuse(wire::Outcome::kDecodeFailed, "BMP: the file is cut short");
    }
    std::uint32_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8 | bytes_[at + i];
    return value;
  }
  std::uint32_t header_bytes() const { return Number(kHeaderAt, 4); }
  // What a short header of OS/2 does not reach is 0.
  std::uint32_t Field(std::size_t at, std::size_t size) const {
    return at + size <= header_bytes() ? Number(kHeaderAt + at, size) : 0;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

BmpMask MaskOf(std::uint32_t bits) {
  if (bits == 0) return {};
  const int shift = std::countr_zero(bits);
  const std::uint32_t most = bits >> shift;
  if ((std::uint64_t{most} & (std::uint64_t{most} + 1)) != 0) {
    Refuse(wire::Outcome::kUnsupported, "BMP: a channel's bits lie apart (mask %08x)", bits);
  }
  return {shift, most};
}

// OS/2's second header has its own meaning of some compressions.
bool IsOs2(std::uint32_t header_bytes) {
  return header_bytes == kOs2 || (header_bytes >= 16 && header_bytes < kInfo);
}

void ReadPacking(const Fields& fields, BmpHeader& header) {
  const std::uint32_t compression = fields.Field(16, 4);
  const bool fits = compression == kRgb || (compression == kRle8 && header.bits == 8) ||
                    (compression == kRle4 && header.bits == 4) ||
                    ((compression == kBitFields || compression == kAlphaBitFields) &&
                     !IsOs2(fields.header_bytes()) && (header.bits == 16 || header.bits == 32));
  if (!fits) {
    Refuse(wire::Outcome::kUnsupported, "BMP: compression %u of %d bits is not read", compression,
           header.bits);
  }
  if (compression == kRle8) header.packing = BmpHeader::Packing::kRle8;
  if (compression == kRle4) header.packing = BmpHeader::Packing::kRle4;
}

void ReadMasks(const Fields& fields, BmpHeader& header) {
  const std::uint32_t compression = fields.Field(16, 4);
  const std::uint32_t header_bytes = fields.header_bytes();
  const bool told = compression == kBitFields || compression == kAlphaBitFields;
  std::array<std::uint32_t, 4> masks{0xff0000, 0xff00, 0xff, 0};
  if (header.bits == 16) masks = {0x7c00, 0x3e0, 0x1f, 0};
  for (std::size_t i = 0; told && i < 3; ++i) masks[i] = fields.Number(kMasksAt + 4 * i, 4);
  const bool newer = header_bytes >= kAlphaMask && header_bytes != kOs2;
  const bool alpha_told = told && (newer || compression == kAlphaBitFields);
  const bool alpha_there = header.bits == 32 && header_bytes >= kV4;
  if (alpha_told || alpha_there) masks[3] = fields.Number(kMasksAt + 12, 4);
  header.alpha_may_be_unused = !alpha_told;
  for (std::size_t i = 0; i < masks.size(); ++i) {
    if (header.bits == 16) masks[i] &= 0xffff;
    header.masks[i] = MaskOf(masks[i]);
  }
  if (masks[0] == 0 && masks[1] == 0 && masks[2] == 0) {
    Refuse(wire::Outcome::kUnsupported, "BMP: no bits of a pixel are its colour");
  }
}

std::size_t PaletteAt(const Fields& fields) {
  const std::uint32_t compression = fields.Field(16, 4);
  std::size_t at = kHeaderAt + std::size_t{fields.header_bytes()};
  if (fields.header_bytes() == kInfo && compression == kBitFields) at += 12;
  if (fields.header_bytes() == kInfo && compression == kAlphaBitFields) at += 16;
  return at;
}

// Returns where it ends. It may be shorter than it should: the pixels begin where the file says.
std::size_t ReadPalette(const Fields& fields, std::size_t pixels_at, BmpHeader& header) {
  const std::size_t entry_bytes = fields.header_bytes() == kCore ? 3 : 4;
  const std::size_t at = PaletteAt(fields);
  if (header.bits > 8) return at;
  const std::size_t most = std::size_t{1} << header.bits;
  const std::size_t used = fields.Field(32, 4);
  std::size_t count = used == 0 ? most : std::min(used, most);
  if (pixels_at >= at) count = std::min(count, (pixels_at - at) / entry_bytes);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t entry = fields.Number(at + i * entry_bytes, 3);
    header.palette.push_back({static_cast<std::uint8_t>(entry >> 16),
                              static_cast<std::uint8_t>(entry >> 8),
                              static_cast<std::uint8_t>(entry)});
  }
  for (std::size_t i = 0; count == 0 && i < most; ++i) {
    const auto grey = static_cast<std::uint8_t>(i * 255 / (most - 1));
    header.palette.push_back({grey, grey, grey});
  }
  // What has no colour is black, but without any the numbers are greys.
  header.palette.resize(most);
  return at + count * entry_bytes;
}

std::span<const std::uint8_t> ReadProfile(const Fields& fields,
                                          std::span<const std::uint8_t> bytes) {
  constexpr std::uint32_t kEmbedded = 0x4d424544;  // "MBED"
  if (fields.header_bytes() < kV5 || fields.Field(56, 4) != kEmbedded) return {};
  const std::uint64_t at = std::uint64_t{kHeaderAt} + fields.Field(112, 4);
  const std::uint64_t size = fields.Field(116, 4);
  if (at > bytes.size() || size > bytes.size() - at) return {};
  return bytes.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(size));
}
}  // namespace

BmpHeader ReadBmpSize(std::span<const std::uint8_t> bytes) {
  const Fields fields(bytes);
  BmpHeader header;
  if (fields.header_bytes() == kCore) {
    header.width = fields.Number(kHeaderAt + 4, 2);
    header.height = fields.Number(kHeaderAt + 6, 2);
    return header;
  }
  header.width = static_cast<std::int32_t>(fields.Number(kHeaderAt + 4, 4));
  const auto height = static_cast<std::int32_t>(fields.Number(kHeaderAt + 8, 4));
  header.height = std::abs(std::int64_t{height});
  header.from_top = height < 0;
  if (header.width < 0) Refuse(wire::Outcome::kDecodeFailed, "BMP: the width is negative");
  return header;
}

BmpHeader ReadBmpHeader(std::span<const std::uint8_t> bytes) {
  const Fields fields(bytes);
  const std::uint32_t header_bytes = fields.header_bytes();
  const bool known = header_bytes == kCore || IsOs2(header_bytes) || header_bytes == kInfo ||
                     header_bytes == kMasks || header_bytes == kAlphaMask || header_bytes == kV4 ||
                     header_bytes == kV5;
  if (!known) {
    Refuse(wire::Outcome::kUnsupported, "BMP: a header of %u bytes is not known", header_bytes);
  }
  BmpHeader header = ReadBmpSize(bytes);
  header.bits = static_cast<int>(fields.Field(header_bytes == kCore ? 10 : 14, 2));
  constexpr std::array kBits{1, 2, 4, 8, 16, 24, 32};
  if (std::find(kBits.begin(), kBits.end(), header.bits) == kBits.end()) {
    Refuse(wire::Outcome::kUnsupported, "BMP: %d bits a pixel are not read", header.bits);
  }
  if (header_bytes != kCore) ReadPacking(fields, header);
  if (header.bits == 16 || header.bits == 32) ReadMasks(fields, header);
  const std::size_t told = fields.Number(10, 4);
  const std::size_t palette_end = ReadPalette(fields, told, header);
  const std::size_t pixels_at = told < palette_end ? palette_end : told;
  if (pixels_at < bytes.size()) header.pixels = bytes.subspan(pixels_at);
  header.profile = ReadProfile(fields, bytes);
  return header;
}

}  // namespace hestia
