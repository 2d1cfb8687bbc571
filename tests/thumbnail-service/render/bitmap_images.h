#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_BITMAP_IMAGES_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_BITMAP_IMAGES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/thumbnail-service/render/image_factory.h"

namespace hestia {

// A Windows or OS/2 bitmap, field by field, so that a test can say anything in it.
struct Bitmap {
  std::int32_t width = 0;
  std::int32_t height = 0;           // negative: from the top
  int bits = 24;                     // of a pixel
  int header = 40;                   // its size: 12, 16, 40, 52, 56, 64, 108 or 124
  std::uint32_t compression = 0;     // 1 RLE8, 2 RLE4, 3 masks, 6 masks with alpha
  std::vector<std::uint32_t> masks;  // red, green, blue, alpha; in or behind the header
  std::vector<Rgba> palette;
  std::uint32_t colours_used = 0;  // as the header tells it; 0: all there can be
  std::string profile;             // ICC, behind the pixels
  std::string pixels;              // as the file has them, from its first row
};
std::string MakeBitmap(const Bitmap& bitmap);

// Rows in the file's order, each filled up to 32 bits, of numbers of `bits` bits.
std::string BitmapRows(const std::vector<std::vector<std::uint32_t>>& rows, int bits);

// Four quarters in any order of rows: for each pixel from the file's first row the number that
// `of` makes of its colour.
template <typename Of>
std::vector<std::vector<std::uint32_t>> RowsOf(const Pixels& pixels, bool from_top, Of of) {
  std::vector<std::vector<std::uint32_t>> rows;
  for (int i = 0; i < pixels.height; ++i) {
    std::vector<std::uint32_t> row;
    for (int x = 0; x < pixels.width; ++x) {
      row.push_back(of(pixels.At(x, from_top ? i : pixels.height - 1 - i)));
    }
    rows.push_back(row);
  }
  return rows;
}

}  // namespace hestia

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_BITMAP_IMAGES_H_
