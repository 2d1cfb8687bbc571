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

// One image format, what becomes of it here, and up to which size it is read.
struct FormatAbility {
  std::string name;  // "JPEG", "HEIC/AVIF"
  FormatLibrary reader;
  FormatLibrary writer;
  std::int64_t max_source_bytes = 0;
  std::int64_t max_pixels = 0;
  std::int64_t max_side_px = 0;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_FORMAT_ABILITY_H_
