#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_OIIO_READER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_OIIO_READER_H_

#include <string>

#include "thumbnail-service/renderer/read/readers.h"

namespace hestia {

// What OpenImageIO needs to be told once a process: no threads of its own, no guessing of
// formats, no image over the limits.
void SetUpOiio();

// Reads the first image of a file, of an icon the best bitmap, with the OpenImageIO reader of
// that name, which opens `path` (/proc/self/fd/N). Whatever the file has becomes 8 bits a channel, grey or RGB, with alpha
// where it has some. Refuses (refuse.h) what cannot be read or is over a limit.
//
// Thread-safety: one call at a time. Memory: a strip of the image, beside what the
//   format's library holds itself.
Decoded ReadByOiio(const std::string& path, const std::string& reader, const Demand& demand);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_OIIO_READER_H_
