#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_JAIL_JPEG_BOMBS_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_JAIL_JPEG_BOMBS_H_

#include <string>

namespace hestia {

// A grey baseline JPEG up to its first scan, of which there is nothing.
std::string JpegHeader(int width, int height);

// A grey progressive JPEG of that many scans, each some twenty bytes that say "nothing new"
// about every block.
std::string JpegOfScans(int width, int height, int scans);

}  // namespace hestia

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_JAIL_JPEG_BOMBS_H_
