#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_DESCRIPTION_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_DESCRIPTION_H_

#include <string>

#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// What a renderer program says of itself when it is asked which formats it knows.
//
// Thread-safety: pure functions but for the socket.

// Fills in the formats; `description` is empty before.
using DescribeTask = void (*)(wire::Description& description);

// Adds one format; see wire::FormatAbility. What does not fit is cut off, what
// is neither read nor written left out.
void AddFormat(wire::Description& description, const std::string& name, const std::string& reader,
               const std::string& writer = "", bool scaled = false);

// Answers a request of the kind kDescribe. False when the service is gone.
bool SendDescription(const wire::Request& request, DescribeTask describe);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_DESCRIPTION_H_
