#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_JPEG_REFUSAL_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_JPEG_REFUSAL_H_

// jpeglib.h needs FILE and size_t from whoever includes it.
#include <cstddef>
#include <cstdio>

#include <jpeglib.h>

namespace hestia {

// libjpeg's error hooks in terms of refuse.h: its fatal errors are refusals, its warnings
// are kept by number for the reader to judge.
struct JpegErrors {
  jpeg_error_mgr base;
  bool data_missing = false;  // the entropy decoder ran out of bits, or met nonsense
  bool file_ended = false;    // the end of the input was reached
};

// Fills `errors` and returns what belongs into cinfo.err.
jpeg_error_mgr* RefuseOnJpegError(JpegErrors& errors);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_JPEG_REFUSAL_H_
