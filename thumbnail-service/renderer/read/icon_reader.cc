#include "thumbnail-service/renderer/read/icon_reader.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "thumbnail-service/renderer/read/icon_directory.h"

namespace hestia {

std::optional<Decoded> ReadIconPng(const std::string& path, std::span<const std::uint8_t> bytes,
                                   const Demand& demand) {
  const std::vector<IconPicture> pictures = RankIcons(path);
  if (pictures.empty() || !pictures.front().png) return std::nullopt;
  // Where it was seen to be a PNG there are some bytes.
  const auto at =
      static_cast<std::size_t>(std::min<std::uint64_t>(pictures.front().at, bytes.size()));
  const auto size =
      static_cast<std::size_t>(std::min<std::uint64_t>(pictures.front().bytes, bytes.size() - at));
  return ReadPng(bytes.subspan(at, size), demand);
}

}  // namespace hestia
