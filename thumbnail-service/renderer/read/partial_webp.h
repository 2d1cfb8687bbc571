#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PARTIAL_WEBP_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PARTIAL_WEBP_H_

#include <webp/decode.h>

#include <cstdint>
#include <span>

namespace hestia {

// Decodes what is there of a WebP picture that WebPDecode refused, into the memory that `config`
// names (as YUV or RGBA, scaled or not). Returns how many rows of the output, from its top, are
// there; what lies below is undefined.
//
// Thread-safety: a pure function. Memory: what libwebp needs for a whole picture.
int DecodeWebpRows(std::span<const std::uint8_t> bytes, WebPDecoderConfig& config);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PARTIAL_WEBP_H_
