#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_ICON_DIRECTORY_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_ICON_DIRECTORY_H_

#include <string>
#include <vector>

namespace hestia {

// The numbers of a Windows icon's pictures, counted from 0, the best one first: that of the most
// pixels, and of those of one size that of the most bits. Bits are those that the pictures
// themselves tell (PNG or bitmap), as is the size of a PNG: the directory has no sizes over 256,
// and often no bits. What lies beyond the end of the file has no pixels. Of more than a thousand
// pictures the rest is not looked at.
//
// Blocking: reads a page of the file for each picture. Thread-safety: a pure function.
std::vector<int> RankIcons(const std::string& path);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_ICON_DIRECTORY_H_
