#ifndef HESTIA_COMMON_GRPC_SERVER_H_
#define HESTIA_COMMON_GRPC_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>
#include <grpcpp/server.h>

namespace hestia {

// The one setting both sides of a keepalive must agree on.
constexpr absl::Duration kKeepaliveInterval = absl::Seconds(10);

// A gRPC server with what both services share: health checking (NOT_SERVING until told
// otherwise), reflection that can describe everything it lists, and keepalive that agrees
// with GrpcClientChannel.
//
// Thread-safety: SetServing and Withdraw from any thread; the rest from the owner's.
// Lifetime: `service` must outlive the server.
class GrpcServer {
 public:
  // `address` is host:port; port 0 takes a free one. `service_name` is the full name used
  // in health checks.
  //   kInvalidArgument  the address cannot be used (taken, malformed): tell the user.
  // A client whose host has vanished is noticed within twice `keepalive`: its calls are cancelled.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(
      const std::string& address, const std::string& service_name, grpc::Service* service,
      absl::Duration keepalive = kKeepaliveInterval);
  ~GrpcServer();

  // host:port actually bound.
  const std::string& address() const { return address_; }

  // What health checks answer, for the service and for the server as a whole. Without effect
  // after Withdraw().
  void SetServing(bool serving) ABSL_LOCKS_EXCLUDED(mu_);

  // NOT_SERVING for good: the first step of every stop. Idempotent.
  void Withdraw() ABSL_LOCKS_EXCLUDED(mu_);

  // Withdraws, refuses new calls, lets running ones end until `grace` has passed, cancels the
  // rest and returns when all reactors are done. Idempotent.
  void Stop(absl::Duration grace) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  GrpcServer(std::unique_ptr<grpc::Server> server, std::string address, std::string service_name);

  void SetHealthLocked(bool serving) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::unique_ptr<grpc::Server> server_;
  const std::string address_;
  const std::string service_name_;
  absl::Mutex mu_;
  bool withdrawn_ ABSL_GUARDED_BY(mu_) = false;
};

// A channel to `address` (host:port or a gRPC target such as dns:///name:port) that spreads
// calls over all addresses behind the name and notices a dead peer within 20 s.
std::shared_ptr<grpc::Channel> GrpcClientChannel(const std::string& address);

}  // namespace hestia

#endif  // HESTIA_COMMON_GRPC_SERVER_H_
