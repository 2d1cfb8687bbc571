#include "common/error_reason.h"

#include <absl/strings/cord.h>
#include <absl/types/optional.h>

namespace hestia {
namespace {
constexpr char kReasonUrl[] = "hestia/reason";
constexpr char kFieldUrl[] = "hestia/field";

std::optional<std::string> Payload(const absl::Status& status, absl::string_view url) {
  const absl::optional<absl::Cord> payload = status.GetPayload(url);
  if (!payload.has_value()) return std::nullopt;
  return std::string(*payload);
}
}  // namespace

absl::Status WithReason(absl::Status status, absl::string_view reason, absl::string_view field) {
  status.SetPayload(kReasonUrl, absl::Cord(reason));
  if (!field.empty()) status.SetPayload(kFieldUrl, absl::Cord(field));
  return status;
}

std::optional<std::string> ReasonOf(const absl::Status& status) {
  return Payload(status, kReasonUrl);
}

std::optional<std::string> FieldOf(const absl::Status& status) {
  return Payload(status, kFieldUrl);
}

}  // namespace hestia
