#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_WRITE_ENCODERS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_WRITE_ENCODERS_H_

#include <cstdint>
#include <vector>

#include "thumbnail-service/renderer/picture/picture.h"

namespace hestia {

// Pictures to bytes: kGrey, YUV with chroma at half size (PNG: of any size), or kRgb. All but
// PNG take YUV planes as they are, without a detour by RGB. They refuse (refuse.h) only when the library fails, which a picture within the limits does
// not make it do.
//
// Thread-safety: pure functions. Blocking: CPU-bound.

// `quality` 1..100, `effort` 0..6 (libwebp's method). Alpha is kept.
std::vector<std::uint8_t> EncodeWebp(const Picture& picture, int quality, int effort);

// Baseline JPEG, 4:2:0. What is transparent lies on white.
std::vector<std::uint8_t> EncodeJpeg(const Picture& picture, int quality);

// 8 bits a sample, grey, RGB or RGB with alpha. `effort` 0..6 is how hard zlib tries.
std::vector<std::uint8_t> EncodePng(const Picture& picture, int effort);

// 4:2:0, by libaom in this thread. `quality` 1..100 (100: quantizer 0), `effort` 0..6. Alpha is
// kept. In a program without libavif it refuses.
std::vector<std::uint8_t> EncodeAvif(const Picture& picture, int quality, int effort);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_WRITE_ENCODERS_H_
