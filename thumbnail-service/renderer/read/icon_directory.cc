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

struct Ranked {
  IconPicture picture;
  Worth worth;
};

bool IsWithin(FileBytes& icon, const IconPicture& picture) {
  if (picture.bytes == 0) return false;
  icon.Go(picture.at + picture.bytes - 1);
  icon.Number(1);
  return !icon.ended();
}

Ranked Rank(const std::string& path, int number) {
  constexpr std::uint64_t kHeaderBytes = 6;
  constexpr std::uint64_t kEntryBytes = 16;
  constexpr std::uint64_t kPng = 0x89504e470d0a1a0a;
  FileBytes icon(path, /*little=*/true);
  icon.Go(kHeaderBytes + static_cast<std::uint64_t>(number) * kEntryBytes);
  // 0 is 256.
  const std::uint64_t width = (icon.Number(1) + 255) % 256 + 1;
  const std::uint64_t height = (icon.Number(1) + 255) % 256 + 1;
  icon.Pass(6);
  Ranked ranked;
  IconPicture& picture = ranked.picture;
  picture.number = number;
  picture.bytes = icon.Number(4);
  picture.at = icon.Number(4);
  icon.Go(picture.at);
  icon.SetLittle(false);
  picture.png = icon.Number(8) == kPng;
  Worth worth;
  if (picture.png) {
    worth = WorthOfPng(icon);
  } else {
    icon.SetLittle(true);
    icon.Go(picture.at);
    worth = WorthOfBitmap(icon, width, height);
  }
  if (IsWithin(icon, picture)) ranked.worth = worth;
  return ranked;
}
}  // namespace

std::vector<IconPicture> RankIcons(const std::string& path) {
  constexpr std::uint64_t kMost = 1000;
  FileBytes directory(path, /*little=*/true);
  directory.Go(4);
  const auto count = static_cast<int>(std::min(directory.Number(2), kMost));
  std::vector<Ranked> icons;
  for (int i = 0; i < count; ++i) icons.push_back(Rank(path, i));
  std::stable_sort(icons.begin(), icons.end(), [](const Ranked& one, const Ranked& other) {
    return std::pair(one.worth.pixels, one.worth.bits) >
           std::pair(other.worth.pixels, other.worth.bits);
  });
  std::vector<IconPicture> pictures;
  for (const Ranked& icon : icons) pictures.push_back(icon.picture);
  return pictures;
}

}  // namespace hestia
