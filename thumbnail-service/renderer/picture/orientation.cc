#include "thumbnail-service/renderer/picture/orientation.h"

#include <cstddef>
#include <cstring>
#include <utility>

namespace hestia {
namespace {
constexpr std::uint16_t kOrientationTag = 0x0112;
constexpr std::uint16_t kShort = 3;
constexpr std::size_t kEntryBytes = 12;

// Bounds-checked integers in the block's own byte order; 0 beyond its end.
class TiffBytes {
 public:
  TiffBytes(std::span<const std::uint8_t> bytes, bool little) : bytes_(bytes), little_(little) {}

  std::uint16_t Short(std::size_t at) const {
    return static_cast<std::uint16_t>(little_ ? At(at) | At(at + 1) << 8
                                              : At(at) << 8 | At(at + 1));
  }
  std::uint32_t Long(std::size_t at) const {
    const std::uint32_t first = Short(at);
    const std::uint32_t second = Short(at + 2);
    return little_ ? first | second << 16 : first << 16 | second;
  }

 private:
  int At(std::size_t at) const { return at < bytes_.size() ? bytes_[at] : 0; }

  const std::span<const std::uint8_t> bytes_;
  const bool little_;
};

// Where the pixel shown at (x, y) is stored, for each orientation.
Plane Turn(const Plane& from, int orientation) {
  const bool swap = SwapsSides(orientation);
  const int width = swap ? from.height() : from.width();
  const int height = swap ? from.width() : from.height();
  const bool flip_x = MirrorsX(orientation);
  const bool flip_y = MirrorsY(orientation);
  Plane to(width, height);
  to.covered_width = swap ? from.covered_height : from.covered_width;
  to.covered_height = swap ? from.covered_width : from.covered_height;
  for (int y = 0; y < height; ++y) {
    std::uint8_t* row = to.Row(y);
    for (int x = 0; x < width; ++x) {
      int source_x = swap ? y : x;
      int source_y = swap ? x : y;
      if (flip_x) source_x = from.width() - 1 - source_x;
      if (flip_y) source_y = from.height() - 1 - source_y;
      row[x] = from.Row(source_y)[source_x];
    }
  }
  return to;
}
}  // namespace

int ReadExifOrientation(std::span<const std::uint8_t> exif) {
  constexpr char kPrefix[] = "Exif\0";
  if (exif.size() >= 6 && std::memcmp(exif.data(), kPrefix, 6) == 0) exif = exif.subspan(6);
  if (exif.size() < 8) return 1;
  const bool little = exif[0] == 'I' && exif[1] == 'I';
  if (!little && !(exif[0] == 'M' && exif[1] == 'M')) return 1;
  const TiffBytes tiff(exif, little);
  const std::size_t directory = tiff.Long(4);
  const std::size_t entries = tiff.Short(directory);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + i * kEntryBytes;
    if (entry + kEntryBytes > exif.size()) break;
    if (tiff.Short(entry) != kOrientationTag) continue;
    const int value = tiff.Short(entry + 2) == kShort ? tiff.Short(entry + 8) : 1;
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

Picture MakeUpright(Picture picture, int orientation) {
  if (orientation <= 1 || orientation > 8) return picture;
  for (Plane& plane : picture.planes) plane = Turn(plane, orientation);
  if (picture.alpha.has_value()) picture.alpha = Turn(*picture.alpha, orientation);
  return picture;
}

}  // namespace hestia
