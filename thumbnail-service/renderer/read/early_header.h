#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_EARLY_HEADER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_EARLY_HEADER_H_

#include <cstdint>
#include <optional>
#include <string>

namespace hestia {

// What has to be known of a file before OpenImageIO opens it: its GIF reader makes the whole
// picture then and its PSD reader a table of all rows, before the size can be asked for, and only
// a wish given with the opening keeps the latter from converting inks without their profile.
struct EarlyHeader {
  std::uint64_t width_px = 0;
  std::uint64_t height_px = 0;
  bool inks = false;  // a Photoshop file of cyan, magenta, yellow and black
};

// Of a file that OpenImageIO's reader `reader` is to open; nullopt where opening is harmless.
// Refuses (refuse.h) a file that ends within its header. Sources: GIF89a, section 18; Adobe
// Photoshop File Formats Specification, "File Header Section".
//
// Blocking: reads 26 bytes at most. Thread-safety: a pure function.
std::optional<EarlyHeader> ReadEarlyHeader(const std::string& path, const std::string& reader);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_EARLY_HEADER_H_
