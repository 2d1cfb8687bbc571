#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_ENCODED_SIZE_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_ENCODED_SIZE_H_

#include <optional>

#include <absl/strings/string_view.h>

#include "thumbnail-service/jobs/recipe.h"

namespace hestia {

struct EncodedSize {
  int width_px = 0;
  int height_px = 0;
};

// The size that an encoded image's own header gives; nullopt when it does not begin like an
// image of `format`, or a length in its header is not the data's. Reads the header only, and
// believes nothing: this is how a renderer's answer is checked without an image library.
//
// Thread-safety: pure function.
std::optional<EncodedSize> SizeOfEncoded(OutputFormat format, absl::string_view data);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_ENCODED_SIZE_H_
