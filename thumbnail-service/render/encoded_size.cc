#include "thumbnail-service/render/encoded_size.h"

#include <cstddef>
#include <cstdint>

#include <absl/strings/match.h>

namespace hestia {
namespace {
std::uint32_t Byte(absl::string_view data, std::size_t at) {
  return at < data.size() ? static_cast<unsigned char>(data[at]) : 0;
}
std::uint32_t Little(absl::string_view data, std::size_t at, std::size_t bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes; i > 0; --i) value = value << 8 | Byte(data, at + i - 1);
  return value;
}
std::uint32_t Big16(absl::string_view data, std::size_t at) {
  return Byte(data, at) << 8 | Byte(data, at + 1);
}

std::uint32_t Big32(absl::string_view data, std::size_t at) {
  return Big16(data, at) << 16 | Big16(data, at + 2);
}

// Larger is no thumbnail, and no int either where a header has 32 bits for it.
constexpr std::uint32_t kMostSide = 0xffff;

EncodedSize Size(std::uint32_t width, std::uint32_t height) {
  return {static_cast<int>(width), static_cast<int>(height)};
}

// RIFF <length> WEBP, then the first chunk: VP8 (lossy), VP8L (lossless) or VP8X (canvas).
std::optional<EncodedSize> SizeOfWebp(absl::string_view data) {
  if (data.size() < 30 || !absl::StartsWith(data, "RIFF") || data.substr(8, 4) != "WEBP" ||
      Little(data, 4, 4) != data.size() - 8) {
    return std::nullopt;
  }
  const absl::string_view chunk = data.substr(12, 4);
  if (chunk == "VP8 " && data.substr(23, 3) == "\x9d\x01\x2a") {
    return Size(Little(data, 26, 2) & 0x3fff, Little(data, 28, 2) & 0x3fff);
  }
  if (chunk == "VP8L" && data[20] == '\x2f') {
    const std::uint32_t bits = Little(data, 21, 4);
    return Size((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1);
  }
  if (chunk == "VP8X") return Size(Little(data, 24, 3) + 1, Little(data, 27, 3) + 1);
  return std::nullopt;
}

// Segments from SOI to the frame header (SOF0 to SOF2).
std::optional<EncodedSize> SizeOfJpeg(absl::string_view data) {
  if (!absl::StartsWith(data, "\xff\xd8\xff") || !absl::EndsWith(data, "\xff\xd9")) {
    return std::nullopt;
  }
  for (std::size_t at = 2; at + 9 <= data.size() && Byte(data, at) == 0xff;
       at += 2 + Big16(data, at + 2)) {
    const std::uint32_t marker = Byte(data, at + 1);
    if (marker >= 0xc0 && marker <= 0xc2) return Size(Big16(data, at + 7), Big16(data, at + 5));
  }
  return std::nullopt;
}

// The signature, IHDR first, IEND last.
std::optional<EncodedSize> SizeOfPng(absl::string_view data) {
  constexpr absl::string_view kBegin("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
  constexpr absl::string_view kEnd("\0\0\0\0IEND\xae\x42\x60\x82", 12);
  if (data.size() < 45 || !absl::StartsWith(data, kBegin) || !absl::EndsWith(data, kEnd) ||
      Big32(data, 16) > kMostSide || Big32(data, 20) > kMostSide) {
    return std::nullopt;
  }
  return Size(Big32(data, 16), Big32(data, 20));
}

// The content of the first box of `type` among the boxes in `data`; nullopt when there is none,
// or the boxes do not fill it exactly.
std::optional<absl::string_view> FindBox(absl::string_view data, absl::string_view type) {
  std::optional<absl::string_view> found;
  while (!data.empty()) {
    if (data.size() < 8) return std::nullopt;
    const std::size_t size = Big32(data, 0);
    if (size < 8 || size > data.size()) return std::nullopt;
    if (!found.has_value() && data.substr(4, 4) == type) found = data.substr(8, size - 8);
    data.remove_prefix(size);
  }
  return found;
}

// ftyp says AVIF; the pixels are in mdat; the size is in meta (a version first), iprp, ipco, ispe.
std::optional<EncodedSize> SizeOfAvif(absl::string_view data) {
  if (data.size() < 12 || data.substr(4, 8) != "ftypavif") return std::nullopt;
  std::optional<absl::string_view> box = FindBox(data, "meta");
  if (!box.has_value() || box->size() < 4 || !FindBox(data, "mdat").has_value()) {
    return std::nullopt;
  }
  box = FindBox(box->substr(4), "iprp");
  if (box.has_value()) box = FindBox(*box, "ipco");
  if (box.has_value()) box = FindBox(*box, "ispe");
  if (!box.has_value() || box->size() != 12 || Big32(*box, 4) > kMostSide ||
      Big32(*box, 8) > kMostSide) {
    return std::nullopt;
  }
  return Size(Big32(*box, 4), Big32(*box, 8));
}
}  // namespace

std::optional<EncodedSize> SizeOfEncoded(OutputFormat format, absl::string_view data) {
  switch (format) {
    case OutputFormat::kWebp:
      return SizeOfWebp(data);
    case OutputFormat::kJpeg:
      return SizeOfJpeg(data);
    case OutputFormat::kPng:
      return SizeOfPng(data);
    case OutputFormat::kAvif:
      return SizeOfAvif(data);
  }
  return std::nullopt;
}

}  // namespace hestia
