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
}  // namespace

std::optional<EncodedSize> SizeOfEncoded(OutputFormat format, absl::string_view data) {
  return format == OutputFormat::kWebp ? SizeOfWebp(data) : SizeOfJpeg(data);
}

}  // namespace hestia
