#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_TAGGED_TIFF_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_TAGGED_TIFF_H_

#include <cstdint>
#include <string>
#include <vector>

namespace hestia {

// A TIFF of any channels, which no library writes. Both halves are plain: `left` and `right` have
// a pixel's samples, of `bits` (8, 12 and 16; 32 are floating point: samples times 1/255).
struct TaggedTiff {
  int photometric = 1;
  int bits = 8;
  std::vector<int> left;
  std::vector<int> right;
  std::vector<int> extra = {};  // ExtraSamples: 0 unspecified, 1 associated alpha, 2 unassociated
  int ink_set = 0;              // InkSet; 0 writes none
  std::string profile = {};     // ICC
  bool deflate = false;         // in strips of 16 rows
  bool tiled = false;           // of 64 x 64 pixels
};
// 128 x 96 pixels.
std::string MakeTaggedTiff(const TaggedTiff& tiff);

}  // namespace hestia

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_TAGGED_TIFF_H_
