// Asks a gRPC server whether it serves: exit code 0 when it does, 1 when not, 2 for a wrong
// setting. For start-up scripts and container health checks.
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include <absl/flags/flag.h>
#include <absl/strings/str_cat.h>
#include <absl/synchronization/notification.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <grpc/health/v1/health.pb.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include "common/grpc_server.h"
#include "common/settings.h"
#include "common/version.h"

ABSL_FLAG(std::string, address, "",
          "Server to ask, host:port. Required.");
ABSL_FLAG(absl::Duration, timeout, absl::Seconds(3),
          "How long to wait for the answer that it serves, e.g. 500ms or 1m. From 1ms.");

namespace hestia {
namespace {

using Request = grpc::health::v1::HealthCheckRequest;
using Response = grpc::health::v1::HealthCheckResponse;

constexpr absl::Duration kBetweenQuestions = absl::Milliseconds(50);

// Empty when the server serves, else why not, as far as it is known.
std::string Ask(grpc::TemplatedGenericStub<Request, Response>& stub, absl::Time deadline) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(deadline));
  context.set_wait_for_ready(true);
  const Request request;
  Response response;
  grpc::Status status;
  absl::Notification answered;
  stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", {}, &request, &response,
                 [&](grpc::Status outcome) {
                   status = std::move(outcome);
                   answered.Notify();
                 });
  answered.WaitForNotification();
  if (!status.ok()) return absl::StrCat("no answer: ", status.error_message());
  if (response.status() == Response::SERVING) return "";
  return absl::StrCat("answered ", Response::ServingStatus_Name(response.status()));
}

int Run() {
  const std::string address = absl::GetFlag(FLAGS_address);
  const absl::Time deadline = absl::Now() + absl::GetFlag(FLAGS_timeout);
  grpc::TemplatedGenericStub<Request, Response> stub(GrpcClientChannel(address));
  std::string problem = Ask(stub, deadline);
  while (!problem.empty() && absl::Now() + kBetweenQuestions < deadline) {
    absl::SleepFor(kBetweenQuestions);
    problem = Ask(stub, deadline);
  }
  if (problem.empty()) return EXIT_SUCCESS;
  std::cerr << "hestia-probe: " << address << " does not serve: " << problem << "\n";
  return EXIT_FAILURE;
}

}  // namespace
}  // namespace hestia

int main(int argc, char** argv) {
  hestia::ReadSettingsOrExit(
      argc, argv,
      {.name = "hestia-probe",
       .summary = "Asks a service whether it serves: exit code 0 when it does, 1 when not.",
       .version = hestia::kVersion,
       .examples = "  hestia-probe --address=127.0.0.1:50051 --timeout=10s\n"},
      [](hestia::SettingErrors& errors) {
        if (absl::GetFlag(FLAGS_address).empty()) errors.Add("address", "is required");
        if (absl::GetFlag(FLAGS_timeout) < absl::Milliseconds(1)) {
          errors.Add("timeout", "must be at least 1ms");
        }
      });
  return hestia::Run();
}
