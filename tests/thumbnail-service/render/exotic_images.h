#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_EXOTIC_IMAGES_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_EXOTIC_IMAGES_H_

#include <string>
#include <vector>

#include "tests/thumbnail-service/render/image_factory.h"

namespace hestia {

// Formats simple enough to be written byte by byte, for OpenImageIO to read.

// 24 bits.
std::string MakeBmp(const Pixels& pixels);
// Uncompressed, one strip; `orientation` as in EXIF. `bits` 8 or 16.
std::string MakeTiff(const Pixels& pixels, int orientation = 1, int bits = 8);
// At most 127 colours; alpha 0 becomes GIF's transparent one.
std::string MakeGif(const Pixels& pixels);
// Portable pixmap (P6).
std::string MakePpm(const Pixels& pixels);
// Floating point light, without a curve: a PFM would do, but Radiance's RGBE is commoner.
std::string MakeRadiance(int width, int height, float light);

struct PsdOptions {
  int bits = 8;  // 8 or 16
  int mode = 3;  // 1 grey, 3 RGB, 4 CMYK (inks as 255 - colour); others need planes
  bool alpha = false;
  int black = 0;             // of inks, everywhere
  std::string profile = {};  // ICC
  std::string ahead = {};    // other resources ahead of the profile's
  bool packed = false;       // by PackBits
  bool big = false;          // PSB
  std::string palette = {};
  // The channels' bytes as they are stored, instead of the pixels' colours.
  std::vector<std::string> planes = {};
};
// Photoshop's merged picture, without layers.
std::string MakePsd(const Pixels& pixels, const PsdOptions& options = {});

}  // namespace hestia

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_EXOTIC_IMAGES_H_
