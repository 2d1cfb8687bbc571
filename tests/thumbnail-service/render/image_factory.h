#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_IMAGE_FACTORY_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_IMAGE_FACTORY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace hestia {

// Makes images for tests, by the libraries themselves. Any failure ends the test program.

struct Rgba {
  int red = 0;
  int green = 0;
  int blue = 0;
  int alpha = 255;

  friend bool operator==(const Rgba&, const Rgba&) = default;
};

constexpr Rgba kRed{220, 30, 30};
constexpr Rgba kGreen{30, 180, 40};
constexpr Rgba kBlue{40, 50, 220};
constexpr Rgba kYellow{230, 220, 40};

// RGBA, row by row.
struct Pixels {
  int width = 0;
  int height = 0;
  std::vector<Rgba> colours;

  Rgba& At(int x, int y) { return colours[Index(x, y)]; }
  const Rgba& At(int x, int y) const { return colours[Index(x, y)]; }

 private:
  std::size_t Index(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
           static_cast<std::size_t>(x);
  }
};

Pixels Plain(int width, int height, Rgba colour);
// Quarters: red, green above blue, yellow.
Pixels FourCorners(int width, int height);
// The picture as a camera held that way stores it, by EXIF's number.
Pixels StoredAs(const Pixels& upright, int orientation);

struct JpegOptions {
  int orientation = 0;  // EXIF; 0 writes none
  int quality = 95;
  int luma_h = 2;  // sampling of luma against chroma 1 x 1
  int luma_v = 2;
  bool progressive = false;
  bool grey = false;
  bool cmyk = false;     // inks: cyan is what red lacks; Adobe's inverted form
  bool ycck = false;     // the same, as YCCK
  int black = 0;         // of inks, everywhere
  int restart_rows = 0;  // a restart marker after so many block rows
  bool arithmetic = false;
  std::string profile = {};  // ICC
};
std::string MakeJpeg(const Pixels& pixels, const JpegOptions& options = {});

struct PngOptions {
  int orientation = 0;  // eXIf; 0 writes none
  int bits = 8;         // 8 or 16; with `grey` or `palette` also 1, 2 or 4
  bool grey = false;
  bool alpha = false;
  bool interlaced = false;
  bool palette = false;      // with tRNS when `alpha`
  int filters = 0;           // libpng's mask of row filters; 0: the writer's choice
  double gamma = 0;          // gAMA; 0 writes none
  std::string profile = {};  // iCCP
};
std::string MakePng(const Pixels& pixels, const PngOptions& options = {});

struct WebpOptions {
  int orientation = 0;
  bool lossless = false;
  bool alpha = false;
  int quality = 95;          // of a lossy one
  int effort = 4;            // 0 to 6, of a lossy one
  int partitions = 0;        // 2^n, in which a lossy one's rows come by turns
  std::string profile = {};  // ICCP
};
std::string MakeWebp(const Pixels& pixels, const WebpOptions& options = {});
// Two frames: `first` at (x, y) of a larger canvas, then `second`, which covers it.
std::string MakeAnimatedWebp(const Pixels& first, int x, int y, const Pixels& second);

// An EXIF block that says nothing but the orientation, without "Exif\0\0".
std::string ExifBlock(int orientation);

}  // namespace hestia

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_IMAGE_FACTORY_H_
