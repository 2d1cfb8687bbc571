#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_PLACEHOLDER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_PLACEHOLDER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "thumbnail-service/renderer/picture/picture.h"

namespace hestia {

// What can be shown of an image before its thumbnail is there.
struct Placeholder {
  // The image blurred into at most 25 bytes, in the ThumbHash format
  // (https://evanw.github.io/thumbhash/): aspect, mean colour, the lowest frequencies of
  // brightness and two colour differences and, where there is any, of alpha.
  std::vector<std::uint8_t> thumbhash;
  // The colour that most of the image has, more or less, as 0xRRGGBB; none when all of it is
  // invisible.
  std::optional<std::uint32_t> dominant;
};

// Of a kGrey, YUV or kRgb picture in sRGB, upright, of any size; only a reduction to 64 pixels a
// side is looked at.
//
// Thread-safety: pure function. Memory: some 100 KiB.
Placeholder MakePlaceholder(const Picture& picture);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_PLACEHOLDER_H_
