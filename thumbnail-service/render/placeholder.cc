#include "thumbnail-service/render/placeholder.h"

#include <algorithm>
#include <cstddef>
#include <string>

namespace hestia {
namespace {
constexpr std::size_t kHeadBytes = 5;

// How many waves the triangle of `across` by `down` has, the mean left out.
int WavesOf(int across, int down) {
  int waves = -1;
  for (int ky = 0; ky < down; ++ky) {
    for (int kx = 0; kx * down < across * (down - ky); ++kx) ++waves;
  }
  return waves;
}

bool IsThumbHash(const std::string& hash) {
  if (hash.size() < kHeadBytes) return false;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(hash[at]); };
  const bool transparent = (byte(2) & 0x80) != 0;
  const bool wide = (byte(4) & 0x80) != 0;
  const int longer = transparent ? 5 : 7;
  const int shorter = byte(3) & 7;
  if (shorter < 1 || shorter > longer) return false;
  const int across = std::max(3, wide ? longer : shorter);
  const int down = std::max(3, wide ? shorter : longer);
  const int waves = WavesOf(across, down) + 2 * WavesOf(3, 3) + (transparent ? WavesOf(5, 5) : 0);
  return hash.size() == kHeadBytes + (transparent ? 1 : 0) + static_cast<std::size_t>(waves + 1) / 2;
}
}  // namespace

std::optional<Placeholder> ReadPlaceholder(const wire::ResultHeader& said) {
  if (said.thumbhash_bytes > sizeof(said.thumbhash)) return std::nullopt;
  Placeholder placeholder;
  placeholder.thumbhash.assign(reinterpret_cast<const char*>(said.thumbhash), said.thumbhash_bytes);
  if (!IsThumbHash(placeholder.thumbhash)) return std::nullopt;
  if (said.has_dominant == 0) return placeholder;
  if (said.has_dominant != 1 || said.dominant > 0xffffff) return std::nullopt;
  placeholder.dominant = Rgb::FromPacked(said.dominant);
  return placeholder;
}

}  // namespace hestia
