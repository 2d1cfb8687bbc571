#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_FORMAT_ABILITY_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_FORMAT_ABILITY_H_

#include <cstdint>
#include <string>

namespace hestia {

// A library that an image format goes through; empty: none does.
struct FormatLibrary {
  std::string name;
  std::string version;
};

// One image format, what becomes of it here, and within which limits it is read.
struct FormatAbility {
  std::string name;  // "JPEG", "HEIC/AVIF"
  FormatLibrary reader;
  FormatLibrary writer;
  std::int64_t max_source_bytes = 0;
  std::int64_t max_pixels = 0;
  std::int64_t max_side_px = 0;
  // 0: files of the format are not held to it.
  std::int64_t max_channels = 0;
  std::int64_t max_frames = 0;
  std::int64_t max_ratio = 0;
  std::int64_t max_scans = 0;
  std::int64_t max_chunk_bytes = 0;
  std::int64_t max_icc_bytes = 0;
  std::int64_t max_exif_bytes = 0;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_FORMAT_ABILITY_H_
