#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_EARLY_HEADER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_EARLY_HEADER_H_

#include <cstdint>
#include <optional>
#include <string>

namespace hestia {

// What has to be known of a file before OpenImageIO opens it: its readers of GIF and JPEG 2000 make
// the whole picture then, before the size can be asked for. (Photoshop files ReadPsd has judged.)
struct EarlyHeader {
  std::uint64_t width_px = 0;
  std::uint64_t height_px = 0;
  std::uint64_t channels = 1;
  std::uint64_t frames = 1;  // no more than asked for are counted
};

// Of a file that OpenImageIO's reader `reader` is to open; nullopt where opening is harmless.
// Refuses (refuse.h) a file that ends within its header. Sources: GIF89a, sections 18 to 26;
// ISO/IEC 15444-1, A.5.1 and I.4.
// A GIF's frames are counted until there are more than `most_frames`.
//
// Blocking: reads a page of the file, or those between a GIF's first and last byte, or one for each
// of ten thousand boxes around a codestream. Thread-safety: a pure function.
std::optional<EarlyHeader> ReadEarlyHeader(const std::string& path, const std::string& reader,
                                           std::uint64_t most_frames);

// The pages of a TIFF file, of 32 or 64 bits, up to the first that is not there, counted until
// there are more than `most`. A pure function.
std::uint64_t CountTiffPages(const std::string& path, std::uint64_t most);

// The InkSet of a TIFF file's first page: 1, also where it says nothing, are cyan, magenta, yellow
// and black; others are named by the file. A pure function.
std::uint64_t ReadTiffInkSet(const std::string& path);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_EARLY_HEADER_H_
