#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_WARMTH_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_WARMTH_H_

#include "thumbnail-service/renderer/launcher.h"

namespace hestia {

// Makes the libraries find out once what each image's process would have to find out anew: which
// instructions the processor has (dear in a virtual machine), and tables of theirs. To be called
// by a launcher before it forks, and before it enters its jail; meets no foreign byte.
//
// Blocking: a millisecond. Thread-safety: none.
void WarmUp();

// What a launcher learns from the answers of its processes: which scalings are needed again.
Learning LearnScalings();

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_WARMTH_H_
