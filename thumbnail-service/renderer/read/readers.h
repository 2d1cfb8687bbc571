#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_READERS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_READERS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "thumbnail-service/renderer/picture/orientation.h"
#include "thumbnail-service/renderer/picture/picture.h"
#include "thumbnail-service/renderer/refuse.h"
#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// The decoders of JPEG, PNG and WebP. Each reads the header, refuses (refuse.h) what is over
// a limit, and decodes no more than a thumbnail needs: scaled where the format allows.
// What is cut short or damaged is refused, too, or shown as far as it goes where
// limits.render_damaged says so; then Decoded::damage tells what is missing.
//
// Thread-safety: pure functions. Blocking: CPU-bound; the file is in memory.

// What is asked of a reader.
struct Demand {
  int inside_px = 0;  // side of the largest square that a thumbnail must fit in
  int cover_px = 0;   // and of the largest that one must fill
  // Whether all thumbnails have chroma at half size, so that a reader need not make more.
  bool half_chroma = false;
  wire::Limits limits;
  std::uint64_t source_bytes = 0;

  // RefuseUnlessWithin (refuse.h) for this source.
  void Admit(const HeaderFacts& facts) const { RefuseUnlessWithin(facts, limits, source_bytes); }

  // The profile, or none when it is larger than the limit: the picture is shown without.
  std::vector<std::uint8_t> Allowed(std::vector<std::uint8_t> profile) const {
    return profile.size() <= limits.max_icc_bytes ? std::move(profile)
                                                  : std::vector<std::uint8_t>();
  }
  // The orientation in an EXIF block, unless it is larger than the limit.
  int OrientationIn(std::span<const std::uint8_t> exif) const {
    return exif.size() <= limits.max_exif_bytes ? ReadExifOrientation(exif) : 1;
  }

  // The size at which all thumbnails of an image can be made from it.
  Size For(Size image) const {
    const Size inside = FitInside(image, inside_px);
    const Size around = FitAround(image, cover_px);
    return inside.width >= around.width && inside.height >= around.height ? inside : around;
  }
};

constexpr std::uint8_t kMissingGrey = 128;

// What a reader made: at least as large as Demand::For, at most the image.
struct Decoded {
  Picture picture;  // as stored: not yet upright
  Size stored;      // by the header
  // The file's own size where `stored` is that of a preview in it, whose proportions may differ.
  std::optional<Size> told;
  int orientation = 1;  // EXIF's number
  // What is missing or damaged, for people; only where limits.render_damaged allows it.
  std::string damage;
  // The ICC profile of the planes, as the file has it; empty: sRGB, or usual inks.
  std::vector<std::uint8_t> profile;
};

// CMYK and YCCK become kInk. The rest stays YCbCr or grey.
Decoded ReadJpeg(std::span<const std::uint8_t> bytes, const Demand& demand);

// All colour types; palettes and tRNS expanded. A gAMA chunk that is not sRGB's becomes a profile
// when there is none. 16 bits are reduced to 8, after they were converted where there is a profile.
Decoded ReadPng(std::span<const std::uint8_t> bytes, const Demand& demand);

// How many frames of an animation are looked at for one that is not blank.
constexpr int kFramesTried = 10;

// Of an animation the first frame that is not blank. Without alpha it stays YUV, but for a lossless
// file of which all of the chroma is wanted.
Decoded ReadWebp(std::span<const std::uint8_t> bytes, const Demand& demand);

// The one of these that a request's format asks for (ImageFormat's number); refuses others.
Decoded ReadByOwnReader(std::uint32_t format, std::span<const std::uint8_t> bytes,
                        const Demand& demand);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_READERS_H_
