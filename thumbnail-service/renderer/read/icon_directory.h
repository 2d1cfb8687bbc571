#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_ICON_DIRECTORY_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_ICON_DIRECTORY_H_

#include <cstdint>
#include <string>
#include <vector>

namespace hestia {

// One of an icon's pictures.
struct IconPicture {
  int number = 0;        // in the directory, from 0
  bool png = false;      // else a bitmap
  std::uint64_t at = 0;  // in the file, as the directory says
  std::uint64_t bytes = 0;
};

// A Windows icon's pictures, the best one first: that of the most pixels, and of those of one size
// that of the most bits. Bits are those that the pictures themselves tell (PNG or bitmap), as is
// the size of a PNG: the directory has no sizes over 256, and often no bits. One that is not whole
// within the file has no pixels. Of more than a thousand pictures the rest is not looked at.
//
// Blocking: reads a page or two of the file for each picture. Thread-safety: a pure function.
std::vector<IconPicture> RankIcons(const std::string& path);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_ICON_DIRECTORY_H_
