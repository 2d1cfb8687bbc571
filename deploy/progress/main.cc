// Shows how the first scan gets on, and returns when every file has its thumbnails.
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include <absl/flags/flag.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <grpcpp/client_context.h>
#include <hestia/thumbnail/v1/thumbnail.grpc.pb.h>

#include "common/grpc_server.h"
#include "common/named_thread.h"
#include "common/network_address.h"
#include "common/settings.h"
#include "common/version.h"
#include "deploy/progress/library_sync.h"
#include "deploy/progress/live_line.h"
#include "deploy/progress/progress_line.h"

ABSL_FLAG(std::string, thumbnail_address, "127.0.0.1:50052",
          "thumbnail-service to ask: host:port, or a gRPC target such as\n"
          "ipv4:127.0.0.1:50052,127.0.0.1:50053 for several replicas.");
ABSL_FLAG(std::vector<std::string>, wait_libraries, {},
          "Libraries to wait for, by name, with ',' between them. Required.");
ABSL_FLAG(absl::Duration, wait_timeout, absl::InfiniteDuration(),
          "Give up after this time, e.g. 10m.");
ABSL_FLAG(bool, quiet, false, "Print nothing unless something is wrong.");

namespace hestia {
namespace {

constexpr absl::Duration kPlainLineInterval = absl::Seconds(5);
constexpr absl::Duration kLibraryGrace = absl::Seconds(30);

// Shows the line until the stream ends or `context` is cancelled.
void FollowStats(grpc::ClientContext& context, const std::shared_ptr<grpc::Channel>& channel,
                 const std::vector<std::string>& libraries) {
  const auto stub = thumbnail::v1::ThumbnailService::NewStub(channel);
  thumbnail::v1::WatchStatsRequest request;
  request.mutable_interval()->set_nanos(500'000'000);
  context.set_wait_for_ready(true);
  const auto stream = stub->WatchStats(&context, request);
  thumbnail::v1::WatchStatsResponse response;
  LiveLine line(kPlainLineInterval);
  while (stream->Read(&response)) {
    line.Show(ProgressLine(ProgressOf(response.stats(), libraries)));
  }
  line.Clear();
}

// The numbers after the wait, which the last beat of the stream may have missed.
ScanProgress FinalProgress(const std::shared_ptr<grpc::Channel>& channel,
                           const std::vector<std::string>& libraries) {
  grpc::ClientContext context;
  thumbnail::v1::GetStatsResponse stats;
  const auto stub = thumbnail::v1::ThumbnailService::NewStub(channel);
  if (const grpc::Status status = stub->GetStats(&context, {}, &stats); !status.ok()) {
    std::cerr << "hestia-progress: GetStats: " << status.error_message() << "\n";
  }
  return ProgressOf(stats, libraries);
}

absl::Status SyncAll(const std::shared_ptr<grpc::Channel>& channel,
                     const std::vector<std::string>& libraries, absl::Time deadline) {
  for (const std::string& library : libraries) {
    const absl::Status status = SyncLibrary(channel, library, deadline, kLibraryGrace);
    if (!status.ok()) {
      return {status.code(), absl::StrCat("library ", library, ": ", status.message())};
    }
  }
  return absl::OkStatus();
}

int Run() {
  const std::vector<std::string> libraries = absl::GetFlag(FLAGS_wait_libraries);
  const bool quiet = absl::GetFlag(FLAGS_quiet);
  const auto channel = GrpcClientChannel(absl::GetFlag(FLAGS_thumbnail_address));
  const absl::Time start = absl::Now();

  grpc::ClientContext watching;
  NamedThread watcher;
  if (!quiet) {
    watcher = NamedThread("stats-line", [&] { FollowStats(watching, channel, libraries); });
  }
  const absl::Status status =
      SyncAll(channel, libraries, start + absl::GetFlag(FLAGS_wait_timeout));
  watching.TryCancel();
  watcher.Join();

  if (!status.ok()) {
    std::cerr << "hestia-progress: " << status.message() << "\n";
    return EXIT_FAILURE;
  }
  if (quiet) return EXIT_SUCCESS;
  std::cout << SummaryLine(FinalProgress(channel, libraries), absl::Now() - start) << std::endl;
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace hestia

int main(int argc, char** argv) {
  hestia::ReadSettingsOrExit(
      argc, argv,
      {.name = "hestia-progress",
       .summary = "Shows how a scan gets on and returns when every file of the libraries has its\n"
                  "thumbnails or a verdict: exit code 0 then, 1 when that cannot be.",
       .version = hestia::kVersion,
       .examples = "  hestia-progress --thumbnail_address=127.0.0.1:50052 --wait_libraries=photos\n"},
      [](hestia::SettingErrors& errors) {
        if (absl::GetFlag(FLAGS_wait_libraries).empty()) {
          errors.Add("wait_libraries", "name at least one library");
        }
        errors.AddIfError("thumbnail_address",
                          hestia::CheckServerAddress(absl::GetFlag(FLAGS_thumbnail_address)));
        if (absl::GetFlag(FLAGS_wait_timeout) <= absl::ZeroDuration()) {
          errors.Add("wait_timeout", "must be positive");
        }
      });
  return hestia::Run();
}
