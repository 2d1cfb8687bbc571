#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_OIIO_IMAGES_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_OIIO_IMAGES_H_

#include <string>
#include <vector>

#include "tests/thumbnail-service/render/image_factory.h"

namespace hestia {

// Formats that are written by OpenImageIO, or byte by byte where it cannot. Any failure ends
// the test program.

struct OiioOptions {
  bool tiled = false;
  bool planar = false;
  bool floats = false;           // colours / 255 as 32-bit floats, which means light
  float scale = 1.0F;            // of the floats
  std::vector<Pixels> later;     // further pages, or frames
  std::string profile;           // ICC
  std::string compression = "";  // the format's own word
};
// `extension`: "tif", "exr", "jp2", … Three channels.
std::string MakeByOiio(const std::string& extension, const Pixels& pixels,
                       const OiioOptions& options = {});

// A TIFF of one strip with samples as they are given: `photometric` 5 is CMYK, 8 CIELAB (a* and
// b* signed), `samples` those of one pixel, of 8 or 16 bits, or 32: then they are written as
// floating point, 255 as 1.
std::string MakeRawTiff(int width, int height, int photometric, const std::vector<int>& samples,
                        int bits, const std::string& profile = "");

}  // namespace hestia

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_OIIO_IMAGES_H_
