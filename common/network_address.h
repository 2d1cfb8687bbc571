#ifndef HESTIA_COMMON_NETWORK_ADDRESS_H_
#define HESTIA_COMMON_NETWORK_ADDRESS_H_

#include <absl/status/status.h>
#include <absl/strings/string_view.h>

namespace hestia {

// Addresses as settings give them: host:port, an IPv6 host in brackets. Checked before gRPC sees
// them, which takes a port modulo 65,536 and a missing one for 443.
//
// Thread-safety: pure functions.
// Errors: kInvalidArgument, a sentence for the user.

// One to listen on. Port 0 is any free one.
absl::Status CheckListenAddress(absl::string_view address);

// One to call. Names of gRPC's resolvers are taken as well: dns:///watcher:50051, unix:/run/watcher.
absl::Status CheckServerAddress(absl::string_view address);

}  // namespace hestia

#endif  // HESTIA_COMMON_NETWORK_ADDRESS_H_
