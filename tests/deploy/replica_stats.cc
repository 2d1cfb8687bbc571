// Prints what the replicas of thumbnail-service have done, for tests of whole runs: a line
// "replica NAME RENDERED COMPLETED" for each, then "files TOTAL READY FAILED PENDING".
#include <cstdlib>
#include <iostream>
#include <string>

#include <absl/flags/flag.h>
#include <absl/time/clock.h>
#include <grpcpp/client_context.h>
#include <hestia/thumbnail/v1/thumbnail.grpc.pb.h>

#include "common/grpc_server.h"
#include "common/settings.h"
#include "common/version.h"

ABSL_FLAG(std::string, thumbnail_address, "127.0.0.1:50052", "Replica to ask.");
ABSL_FLAG(std::uint64_t, until_ready, 0, "Wait until so many files are ready.");
ABSL_FLAG(std::uint64_t, until_completed, 0, "Wait until so many jobs are completed in all.");
ABSL_FLAG(int, until_replicas, 0, "Wait until so many replicas are alive.");
ABSL_FLAG(absl::Duration, timeout, absl::Seconds(60), "Fail when that has not come by then.");

namespace hestia {
namespace {

bool Reached(const thumbnail::v1::GetStatsResponse& stats) {
  return stats.replicas_size() >= absl::GetFlag(FLAGS_until_replicas) &&
         stats.ready_files() >= absl::GetFlag(FLAGS_until_ready) &&
         stats.completed_jobs() >= absl::GetFlag(FLAGS_until_completed);
}

void Print(const thumbnail::v1::GetStatsResponse& stats) {
  for (const thumbnail::v1::ReplicaStats& replica : stats.replicas()) {
    std::cout << "replica " << replica.name() << " " << replica.rendered_images() << " "
              << replica.completed_jobs() << "\n";
  }
  std::cout << "files " << stats.files() << " " << stats.ready_files() << " "
            << stats.failed_files() << " " << stats.pending_jobs() + stats.processing_jobs()
            << std::endl;
}

int Run() {
  const auto stub = thumbnail::v1::ThumbnailService::NewStub(
      GrpcClientChannel(absl::GetFlag(FLAGS_thumbnail_address)));
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::GetFlag(FLAGS_timeout)));
  thumbnail::v1::WatchStatsRequest request;
  request.mutable_interval()->set_nanos(100'000'000);
  const auto stream = stub->WatchStats(&context, request);
  thumbnail::v1::WatchStatsResponse response;
  bool reached = false;
  while (!reached && stream->Read(&response)) reached = Reached(response.stats());
  context.TryCancel();
  const grpc::Status status = stream->Finish();
  Print(response.stats());
  if (reached) return EXIT_SUCCESS;
  std::cerr << "replica-stats: not reached: " << status.error_message() << "\n";
  return EXIT_FAILURE;
}

}  // namespace
}  // namespace hestia

int main(int argc, char** argv) {
  hestia::ReadSettingsOrExit(argc, argv,
                             {.name = "replica-stats",
                              .summary = "Prints what the replicas of thumbnail-service have done.",
                              .version = hestia::kVersion,
                              .examples = ""},
                             [](hestia::SettingErrors&) {});
  return hestia::Run();
}
