#include "thumbnail-service/renderer/read/raw_preview.h"

#include <libraw/libraw.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <utility>

#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/read/freed_by.h"

namespace hestia {
namespace {
using Raw = std::unique_ptr<libraw_data_t, FreedBy<libraw_close>>;

// libraw's three bits (mirrored, upside down, transposed) in EXIF's numbers.
int OrientationOf(int flip) {
  constexpr std::array kOrientations = {1, 2, 4, 3, 5, 8, 6, 7};
  return flip >= 0 && flip < static_cast<int>(kOrientations.size())
             ? kOrientations[static_cast<std::size_t>(flip)]
             : 1;
}

bool SameProportions(Size a, Size b) {
  constexpr double kCutOff = 0.03;
  const double ratio = static_cast<double>(a.width) * b.height / (static_cast<double>(a.height) * b.width);
  return std::abs(ratio - 1) < kCutOff;
}

// Whether thumbnails made of `preview` are as large as those made of `photo` would be.
bool LargeEnough(Size preview, Size photo, const Demand& demand) {
  const auto longer = [](Size size) { return std::max(size.width, size.height); };
  const auto shorter = [](Size size) { return std::min(size.width, size.height); };
  return longer(preview) >= std::min(demand.inside_px, longer(photo)) &&
         shorter(preview) >= std::min(demand.cover_px, shorter(photo));
}

Size Turned(Size size) { return {size.height, size.width}; }

// The size in a JPEG's frame header; none when there is no such header.
std::optional<Size> JpegSize(std::span<const std::uint8_t> jpeg) {
  const auto number = [&](std::size_t at) { return jpeg[at] << 8 | jpeg[at + 1]; };
  for (std::size_t at = 2; at + 9 <= jpeg.size() && jpeg[at] == 0xff;
       at += 2 + static_cast<std::size_t>(number(at + 2))) {
    const std::uint8_t marker = jpeg[at + 1];
    // SOF0 to SOF15, among which are DHT, JPG and DAC.
    if (marker < 0xc0 || marker > 0xcf || marker == 0xc4 || marker == 0xc8 || marker == 0xcc) continue;
    // Lossless ones and those of twelve bits are not read: then the photo itself is developed.
    if (marker > 0xc2 || jpeg[at + 4] != 8) return std::nullopt;
    return Size{number(at + 7), number(at + 5)};
  }
  return std::nullopt;
}

std::optional<Size> SizeOf(const libraw_thumbnail_t& preview, std::span<const std::uint8_t> bytes) {
  if (preview.tformat == LIBRAW_THUMBNAIL_JPEG) return JpegSize(bytes);
  const Size size{preview.twidth, preview.theight};
  const bool whole = bytes.size() >= static_cast<std::size_t>(size.width) *
                                         static_cast<std::size_t>(size.height) * 3;
  if (preview.tformat != LIBRAW_THUMBNAIL_BITMAP || preview.tcolors != 3 || !whole) {
    return std::nullopt;
  }
  return size;
}

Decoded ReadBitmap(std::span<const std::uint8_t> rgb, Size size, const Demand& demand) {
  Decoded decoded;
  decoded.stored = size;
  RowShrinker shrinker(size, 3, demand.For(size));
  for (int y = 0; y < size.height; ++y) {
    shrinker.Add(rgb.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width) * 3);
  }
  decoded.picture = shrinker.Finish();
  return decoded;
}
}  // namespace

std::optional<Decoded> ReadRawPreview(std::span<const std::uint8_t> bytes, const Demand& demand) {
  const Raw raw(libraw_init(0));
  if (raw == nullptr) RefuseForMemory();
  // It reads them only, whatever its declaration says.
  if (libraw_open_buffer(raw.get(), const_cast<std::uint8_t*>(bytes.data()), bytes.size()) !=
      LIBRAW_SUCCESS) {
    return std::nullopt;
  }
  const Size photo{raw->sizes.width, raw->sizes.height};
  demand.Admit({.width_px = static_cast<std::uint64_t>(photo.width),
                .height_px = static_cast<std::uint64_t>(photo.height)});
  if (libraw_unpack_thumb(raw.get()) != LIBRAW_SUCCESS) return std::nullopt;
  const std::span<const std::uint8_t> preview(
      reinterpret_cast<const std::uint8_t*>(raw->thumbnail.thumb), raw->thumbnail.tlength);
  const std::optional<Size> size = SizeOf(raw->thumbnail, preview);
  if (!size.has_value() || size->width < 1 || size->height < 1) return std::nullopt;
  const int orientation = OrientationOf(raw->sizes.flip);
  const bool upright = SwapsSides(orientation) && !SameProportions(photo, *size) &&
                       SameProportions(Turned(photo), *size);
  if ((!upright && !SameProportions(photo, *size)) || !LargeEnough(*size, photo, demand)) {
    return std::nullopt;
  }
  // The photo is whole although its preview may not be: asked for what is there, the reader says
  // that something is missing instead of refusing.
  Demand lenient = demand;
  lenient.limits.render_damaged = 1;
  Decoded decoded = raw->thumbnail.tformat == LIBRAW_THUMBNAIL_JPEG
                        ? ReadJpeg(preview, lenient)
                        : ReadBitmap(preview, *size, demand);
  if (!decoded.damage.empty()) return std::nullopt;
  const bool says_itself = decoded.orientation != 1;
  if (!says_itself && !upright) decoded.orientation = orientation;
  decoded.told = SwapsSides(orientation) == SwapsSides(decoded.orientation) ? photo : Turned(photo);
  return decoded;
}

std::string RawPreviewLibrary() { return std::string("LibRaw ") + libraw_version(); }

}  // namespace hestia
