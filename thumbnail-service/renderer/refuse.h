#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_REFUSE_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_REFUSE_H_

#include <cstdint>

#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// How a renderer gives up on an image: it says why, and its process ends. A process lives
// for one image (or, with OpenImageIO, is replaced after a failure), so nothing has to be
// unwound through C libraries that are in the middle of a hostile file.
//
// Thread-safety: any thread may refuse; the first one wins.

// Writes the verdict where the service will look for it, and ends the process. It may throw
// instead where leaks in C libraries do no harm, as in the fuzzers.
using RefusalHandler = void (*)(wire::Outcome outcome, const char* detail);

// Must be set before any decoder runs. Also makes a failed `new` a refusal.
void SetRefusalHandler(RefusalHandler handler);

// `format` as printf's: a sentence for a person who wonders why there is no thumbnail.
[[noreturn]] [[gnu::format(printf, 2, 3)]] void Refuse(wire::Outcome outcome, const char* format,
                                                       ...);

// The image needs more memory than a renderer may have. Allocates nothing.
[[noreturn]] void RefuseForMemory();

// Told the size by an image's header, before the image is decoded; the service allows a large
// one more time.
using SizeHandler = void (*)(std::uint32_t width_px, std::uint32_t height_px);
void SetSizeHandler(SizeHandler handler);

// Tells the size handler of a source that takes as long as an image of that size would, where its
// own size says little.
void AllowTimeFor(std::uint32_t width_px, std::uint32_t height_px);

// What an image's header says.
struct HeaderFacts {
  std::uint64_t width_px = 0;
  std::uint64_t height_px = 0;
  bool scaled = false;  // it will be reduced while it is decoded
  std::uint64_t channels = 1;
  std::uint64_t frames = 1;  // or pages
};

// Refuses an image whose header says that it is empty or over a limit, and tells the size handler
// of any other. To be called before anything is decoded.
void RefuseUnlessWithin(const HeaderFacts& facts, const wire::Limits& limits,
                        std::uint64_t source_bytes);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_REFUSE_H_
