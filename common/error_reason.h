#ifndef HESTIA_COMMON_ERROR_REASON_H_
#define HESTIA_COMMON_ERROR_REASON_H_

#include <optional>
#include <string>

#include <absl/status/status.h>
#include <absl/strings/string_view.h>

namespace hestia {

// A word in capitals that a program can branch on, carried inside an absl::Status until the
// RPC border turns it into google.rpc.ErrorInfo (common/grpc_status.h). The words are listed
// in the protos beside the codes they come with.
//
// Thread-safety: pure functions.

// `status` with `reason` attached; and, when the fault is in one request field, its name.
absl::Status WithReason(absl::Status status, absl::string_view reason,
                        absl::string_view field = {});

std::optional<std::string> ReasonOf(const absl::Status& status);
std::optional<std::string> FieldOf(const absl::Status& status);

}  // namespace hestia

#endif  // HESTIA_COMMON_ERROR_REASON_H_
