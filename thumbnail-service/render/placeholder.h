#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_PLACEHOLDER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_PLACEHOLDER_H_

#include <optional>

#include "thumbnail-service/jobs/placeholder.h"
#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// The placeholder that a renderer says an image has; nullopt when it is not credible: a ThumbHash
// whose length is not the one that its own header gives, or a colour of more than 24 bits.
//
// Thread-safety: pure function.
std::optional<Placeholder> ReadPlaceholder(const wire::ResultHeader& said);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_PLACEHOLDER_H_
