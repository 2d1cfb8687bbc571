#include "thumbnail-service/renderer/read/icon_directory.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "thumbnail-service/renderer/read/file_bytes.h"

namespace hestia {
namespace {
struct Worth {
  std::uint64_t pixels = 0;
  std::uint64_t bits = 0;  // of a pixel
};

std::uint64_t ChannelsOfPng(std::uint64_t colour_type) {
  constexpr std::uint64_t kColour = 2;
  constexpr std::uint64_t kAlpha = 4;
  return ((colour_type & kColour) != 0 ? 3U : 1U) + ((colour_type & kAlpha) != 0 ? 1U : 0U);
}

Worth WorthOfPng(FileBytes& icon) {
  icon.Pass(4 + 4);  // the length and name of its first chunk
  const std::uint64_t width = icon.Number(4);
  const std::uint64_t height = icon.Number(4);
  const std::uint64_t depth = icon.Number(1);
  return {width * height, depth * ChannelsOfPng(icon.Number(1))};
}

// OpenImageIO takes its size from the directory, so that is what it is worth.
Worth WorthOfBitmap(FileBytes& icon, std::uint64_t width, std::uint64_t height) {
  icon.Pass(4 + 4 + 4 + 2);  // the header's size, the sides, the planes
  return {width * height, icon.Number(2)};
}

// Of the picture whose entry in the directory lies at `entry`.
Worth WorthOf(const std::string& path, std::uint64_t entry) {
  constexpr std::uint64_t kPng = 0x89504e470d0a1a0a;
  FileBytes icon(path, /*little=*/true);
  icon.Go(entry);
  // 0 is 256.
  const std::uint64_t width = (icon.Number(1) + 255) % 256 + 1;
  const std::uint64_t height = (icon.Number(1) + 255) % 256 + 1;
  icon.Go(entry + 12);
  const std::uint64_t picture = icon.Number(4);
  icon.Go(picture);
  icon.SetLittle(false);
  const bool png = icon.Number(8) == kPng;
  Worth worth;
  if (png) {
    worth = WorthOfPng(icon);
  } else {
    icon.SetLittle(true);
    icon.Go(picture);
    worth = WorthOfBitmap(icon, width, height);
  }
  return icon.ended() ? Worth{} : worth;
}
}  // namespace

std::vector<int> RankIcons(const std::string& path) {
  constexpr std::uint64_t kHeaderBytes = 6;
  constexpr std::uint64_t kEntryBytes = 16;
  constexpr std::uint64_t kMost = 1000;
  FileBytes directory(path, /*little=*/true);
  directory.Go(4);
  const std::uint64_t count = std::min(directory.Number(2), kMost);
  std::vector<std::pair<int, Worth>> icons;
  for (std::uint64_t i = 0; i < count; ++i) {
    icons.emplace_back(static_cast<int>(i), WorthOf(path, kHeaderBytes + i * kEntryBytes));
  }
  std::stable_sort(icons.begin(), icons.end(), [](const auto& one, const auto& other) {
    return std::pair(one.second.pixels, one.second.bits) >
           std::pair(other.second.pixels, other.second.bits);
  });
  std::vector<int> ranked;
  for (const auto& [number, worth] : icons) ranked.push_back(number);
  return ranked;
}

}  // namespace hestia
