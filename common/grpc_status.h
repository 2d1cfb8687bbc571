#ifndef HESTIA_COMMON_GRPC_STATUS_H_
#define HESTIA_COMMON_GRPC_STATUS_H_

#include <absl/status/status.h>
#include <grpcpp/support/status.h>

namespace hestia {

// The border between absl::Status inside and gRPC outside. Both share one numbering of
// codes; this is the only place that relies on it.
//
// Thread-safety: pure functions.

// Carries the reason (common/error_reason.h) as google.rpc.ErrorInfo and the field as
// google.rpc.BadRequest in the standard details trailer.
grpc::Status ToGrpc(const absl::Status& status);

// A call's outcome as absl::Status, the reason included when the peer sent one.
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace hestia

#endif  // HESTIA_COMMON_GRPC_STATUS_H_
