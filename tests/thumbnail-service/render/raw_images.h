#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_RAW_IMAGES_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_RAW_IMAGES_H_

#include <string>

#include "tests/thumbnail-service/render/image_factory.h"

namespace hestia {

struct DngOptions {
  int orientation = 1;
  std::string preview = {};  // a JPEG, whose size is `preview_width` x `preview_height`
  int preview_width = 0;
  int preview_height = 0;
};

// A camera's photo as Adobe's DNG: one colour a pixel (RGGB), 16 bits of light, not compressed, of
// a camera that sees as sRGB does. Sides should be even, and 64 or more.
std::string MakeDng(const Pixels& pixels, const DngOptions& options = {});

}  // namespace hestia

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_RAW_IMAGES_H_
