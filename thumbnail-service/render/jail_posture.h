#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_JAIL_POSTURE_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_JAIL_POSTURE_H_

#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/status.h>

#include "thumbnail-service/jobs/isolation.h"
#include "thumbnail-service/renderer/jail/posture.h"

namespace hestia {

// What to do where the kernel or its container refuses a layer of the jail.
enum class JailMode {
  kBestEffort,  // render within those that there are, and say which are missing
  kStrict,      // do not render
};

// "seccomp", "landlock", …, in the order in which they are entered.
std::vector<std::string> LayerNames(std::uint32_t layers);

// kUnavailable RENDERER_UNAVAILABLE with the names of those of `required` that `reached` does
// not have.
absl::Status CheckLayers(std::uint32_t required, std::uint32_t reached);

// The posture by its names.
Isolation Describe(const Posture& posture);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_JAIL_POSTURE_H_
