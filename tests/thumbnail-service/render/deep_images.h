#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_DEEP_IMAGES_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_DEEP_IMAGES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hestia {

// Images of more than 8 bits for tests, by the libraries themselves or byte by byte. Any failure
// ends the test program.

// Red, green, blue and, where a format is asked for it, alpha: 1 is the largest sample.
using DeepColour = std::array<double, 4>;

struct DeepPixels {
  int width = 0;
  int height = 0;
  std::vector<DeepColour> colours;  // row by row
  const DeepColour& At(int x, int y) const {
    return colours[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                   static_cast<std::size_t>(x)];
  }
};

// From black at the left to `end` at the right, each row alike.
DeepPixels Ramp(int width, int height, const DeepColour& end);

// As a file has it, after rounding to `bits`.
double Rounded(double sample, int bits);

// What HEIF and JPEG XL say by the numbers of ITU-T H.273.
struct Cicp {
  int primaries = 1;
  int transfer = 13;
};

struct DeepOptions {
  std::string profile = {};          // ICC
  bool alpha = false;                // PNG, TIFF, JPEG XL, AVIF
  bool grey = false;                 // PNG, JPEG XL: of red
  bool interlaced = false;           // PNG
  bool tiled = false;                // TIFF
  int bits = 16;                     // AVIF: 8, 10 or 12
  std::optional<Cicp> numbers = {};  // AVIF, HEIC, JPEG XL
  // EXR: primaries and white, x and y, in its own order.
  std::optional<std::array<float, 8>> chromaticities = {};
};

std::string MakeDeepPng(const DeepPixels& pixels, const DeepOptions& options = {});
std::string MakeDeepTiff(const DeepPixels& pixels, const DeepOptions& options = {});
std::string MakeDeepPsd(const DeepPixels& pixels, const DeepOptions& options = {});
// Lossless.
std::string MakeDeepJxl(const DeepPixels& pixels, const DeepOptions& options = {});
// 4:4:4 without loss: the colours are not made luma and chroma.
std::string MakeDeepAvif(const DeepPixels& pixels, const DeepOptions& options = {});
// HEVC of 10 bits, of high quality.
std::string MakeDeepHeic(const DeepPixels& pixels, const DeepOptions& options = {});
// 32-bit floating point; `extension` "tif" or "exr". JPEG XL by "jxl".
std::string MakeFloats(const std::string& extension, const DeepPixels& pixels,
                       const DeepOptions& options = {});

}  // namespace hestia

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_DEEP_IMAGES_H_
