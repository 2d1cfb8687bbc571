#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_VIDEO_IMAGES_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_VIDEO_IMAGES_H_

#include <string>
#include <vector>

#include "tests/thumbnail-service/render/deep_images.h"
#include "tests/thumbnail-service/render/image_factory.h"

namespace hestia {

// Videos made by libav. Any failure ends the test program.

struct VideoOptions {
  std::string container = "mp4";  // libav's word
  std::string codec = "mpeg4";
  int orientation = 1;   // EXIF's number, as a display matrix
  int aspect_width = 1;  // of a pixel
  int aspect_height = 1;
};

// Whether libav can make videos of that codec here.
bool HasVideoEncoder(const std::string& codec);

// 25 pictures a second, sides even and all of one size.
std::string MakeVideo(const std::vector<Pixels>& pictures, const VideoOptions& options = {});

// A Matroska of some pictures like this one, of 10 bits and limited range, luma and chroma by
// BT.2020's coefficients. Sides even.
std::string MakeDeepVideo(const DeepPixels& pixels, const std::string& codec, Cicp numbers);

// `mp4` as MakeVideo made it, but for its pictures: they are said to be at the same places of the
// file with that absolute path (an alias in a data reference), and those in it are zeros.
std::string ReferringTo(const std::string& path, std::string mp4);

// An MP4 with sound alone.
std::string MakeSound();

}  // namespace hestia

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_VIDEO_IMAGES_H_
