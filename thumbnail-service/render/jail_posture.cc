#include "thumbnail-service/render/jail_posture.h"

#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include "common/error_reason.h"

namespace hestia {
namespace {
constexpr std::pair<JailLayer, const char*> kNames[] = {
    {JailLayer::kOomVictim, "oom_score_adj"}, {JailLayer::kDieWithParent, "die_with_parent"},
    {JailLayer::kLimits, "rlimits"},          {JailLayer::kNotDumpable, "not_dumpable"},
    {JailLayer::kNoNewPrivs, "no_new_privs"}, {JailLayer::kLandlock, "landlock"},
    {JailLayer::kSeccomp, "seccomp"}};
}  // namespace

std::vector<std::string> LayerNames(std::uint32_t layers) {
  std::vector<std::string> names;
  for (const auto& [layer, name] : kNames) {
    if ((layers & Bit(layer)) != 0) names.emplace_back(name);
  }
  return names;
}

absl::Status CheckLayers(std::uint32_t required, std::uint32_t reached) {
  const std::uint32_t missing = required & ~reached;
  if (missing == 0) return absl::OkStatus();
  return WithReason(absl::UnavailableError(absl::StrCat(
                        "the renderer's jail lacks ", absl::StrJoin(LayerNames(missing), ", "),
                  "; jail=best-effort renders without")),
                    "RENDERER_UNAVAILABLE");
}

Isolation Describe(const Posture& posture) {
  return {.layers = LayerNames(posture.layers),
          .missing = LayerNames(kAllJailLayers & ~posture.layers),
          .landlock_abi = posture.landlock_abi};
}

}  // namespace hestia
