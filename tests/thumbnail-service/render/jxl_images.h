#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_JXL_IMAGES_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_JXL_IMAGES_H_

#include <string>

#include "tests/thumbnail-service/render/image_factory.h"

namespace hestia {

struct JxlOptions {
  bool alpha = false;
  bool grey = false;
  bool lossless = true;
  bool container = false;
  int orientation = 1;  // EXIF's number
  int frames = 1;       // more, all alike, are an animation
  std::string profile = {};  // ICC, of a lossless one
};
// JPEG XL by libjxl. Any failure ends the test program.
std::string MakeJxl(const Pixels& pixels, const JxlOptions& options = {});

}  // namespace hestia

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_JXL_IMAGES_H_
