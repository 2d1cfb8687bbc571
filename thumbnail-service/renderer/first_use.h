#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_FIRST_USE_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_FIRST_USE_H_

#include <cstdint>

namespace hestia {

// Which image libraries a process has entered. The first time in each is dear: it asks what the
// processor can and fills tables. A launcher has done that before it forks (warmth.h), so that a
// process made for an image begins with what the launcher has used; each image tells what was new to its process.
//
// Thread-safety: any thread.

enum class Library : std::uint32_t {
  kJpegReader = 1U << 0,
  kPngReader = 1U << 1,
  kWebpReader = 1U << 2,
  kResizer = 1U << 3,
  kJpegWriter = 1U << 4,
  kPngWriter = 1U << 5,
  kWebpWriter = 1U << 6,
  kAvifWriter = 1U << 7,
  kPlaceholder = 1U << 8,
};

// To be called wherever a library is entered.
void NoteUse(Library library);

// Bits of Library, of all that this process and those it was forked from have used.
std::uint32_t LibrariesUsed();

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_FIRST_USE_H_
