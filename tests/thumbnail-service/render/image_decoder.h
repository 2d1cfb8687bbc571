#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_IMAGE_DECODER_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_IMAGE_DECODER_H_

#include <string>

#include "tests/thumbnail-service/render/image_factory.h"

namespace hestia {

// What a viewer would show of a thumbnail. A failure ends the test program.
Pixels DecodeWebp(const std::string& bytes);
Pixels DecodeJpeg(const std::string& bytes);
Pixels DecodePng(const std::string& bytes);
Pixels DecodeAvif(const std::string& bytes);

}  // namespace hestia

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_IMAGE_DECODER_H_
