#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_HEIF_IMAGES_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_HEIF_IMAGES_H_

#include <string>

#include "tests/thumbnail-service/render/image_factory.h"

namespace hestia {

// Images in the HEIF container, by libavif and libheif. Any failure ends the test program.

struct AvifOptions {
  int bits = 8;  // 8, 10 or 12
  bool alpha = false;
  bool grey = false;
  // EXIF's number, told by the container's own properties (irot, imir).
  int orientation = 1;
};
// 4:4:4, of high quality.
std::string MakeAvif(const Pixels& pixels, const AvifOptions& options = {});

struct HeicOptions {
  int bits = 8;  // 8 or 10
  bool alpha = false;
  std::string profile;  // ICC
  // ITU-T H.273's, with BT.2020's primaries; 0: not told. Not of the preview.
  int transfer = 0;
  // An embedded preview of these pixels; none when it is empty.
  Pixels preview = {};
  std::string preview_profile = {};  // ICC; `profile` when empty
  int orientation = 1;               // as AvifOptions', of the preview as well
  int images = 1;                    // all alike, of which the first is the picture
};
// HEVC, of high quality.
std::string MakeHeic(const Pixels& pixels, const HeicOptions& options = {});

}  // namespace hestia

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_HEIF_IMAGES_H_
