#include "thumbnail-service/renderer/read/early_header.h"

#include <array>
#include <cstddef>
#include <fstream>

#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
template <std::size_t N>
std::array<std::uint8_t, N> Head(const std::string& path) {
  std::array<std::uint8_t, N> head{};
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(head.data()), N);
  if (file.gcount() < static_cast<std::streamsize>(N)) {
    Refuse(wire::Outcome::kDecodeFailed, "the file is cut short");
  }
  return head;
}

EarlyHeader OfGif(const std::string& path) {
  const auto head = Head<10>(path);
  const auto side = [&](std::size_t at) {
    return static_cast<std::uint64_t>(head[at] | head[at + 1] << 8);
  };
  return {.width_px = side(6), .height_px = side(8)};
}

// Height before width, most significant byte first; the colour mode is last.
EarlyHeader OfPsd(const std::string& path) {
  constexpr std::uint64_t kCmyk = 4;
  const auto head = Head<26>(path);
  const auto number = [&](std::size_t at, std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | head[at + i];
    return value;
  };
  return {.width_px = number(18, 4), .height_px = number(14, 4), .inks = number(24, 2) == kCmyk};
}
}  // namespace

std::optional<EarlyHeader> ReadEarlyHeader(const std::string& path, const std::string& reader) {
  if (reader == "gif") return OfGif(path);
  if (reader == "psd") return OfPsd(path);
  return std::nullopt;
}

}  // namespace hestia
