#include "common/network_address.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

namespace hestia {
namespace {

constexpr int kHighestPort = 65535;
// Of gRPC's resolvers (its doc/naming.md).
constexpr absl::string_view kSchemes[] = {"dns:", "ipv4:", "ipv6:"};

absl::Status Check(absl::string_view address, int lowest_port, bool names_allowed) {
  const std::size_t colon = address.rfind(':');
  const absl::string_view host = address.substr(0, colon == absl::string_view::npos ? 0 : colon);
  const absl::string_view port_text =
      colon == absl::string_view::npos ? absl::string_view() : address.substr(colon + 1);
  const bool bracketed = absl::StartsWith(host, "[") && absl::EndsWith(host, "]");
  const bool plain = !host.empty() && !absl::StrContains(host, ':');
  const bool named =
      names_allowed && std::any_of(std::begin(kSchemes), std::end(kSchemes),
                                   [&](absl::string_view scheme) {
                                     return host.size() > scheme.size() &&
                                            absl::StartsWith(host, scheme);
                                   });
  int port = -1;
  const bool digits = !port_text.empty() &&
                      std::all_of(port_text.begin(), port_text.end(), absl::ascii_isdigit);
  if (!digits || !absl::SimpleAtoi(port_text, &port)) port = -1;
  if ((plain || bracketed || named) && port >= lowest_port && port <= kHighestPort) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", address, "\" is not host:port with a port of ", lowest_port, " to ",
                   kHighestPort, ", as in 127.0.0.1:50051 or [::1]:50051"));
}

}  // namespace

absl::Status CheckListenAddress(absl::string_view address) {
  return Check(address, 0, /*names_allowed=*/false);
}

absl::Status CheckServerAddress(absl::string_view address) {
  constexpr absl::string_view kSocket = "unix:";
  if (absl::StartsWith(address, kSocket) && address.size() > kSocket.size()) return absl::OkStatus();
  return Check(address, 1, /*names_allowed=*/true);
}

}  // namespace hestia
