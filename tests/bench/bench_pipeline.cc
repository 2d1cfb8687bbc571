// The whole way of a folder of photos, watcher and thumbnail-service and PostgreSQL included,
// against bench-render on the same photos with as many workers.

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include <absl/flags/flag.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/time/clock.h>
#include <pqxx/pqxx>

#include "common/grpc_server.h"
#include "common/monotonic_clock.h"
#include "common/settings.h"
#include "common/version.h"
#include "hestia/thumbnail/v1/thumbnail.grpc.pb.h"
#include "tests/e2e/service_process.h"
#include "tests/support/test_database.h"
#include "tests/watcher-service/temp_folder.h"

ABSL_FLAG(int, workers, 2, "Images rendered at a time, by either, 1 to 256");
ABSL_FLAG(int, runs, 3, "Runs of each, alternating; the medians count, 1 to 100");

namespace hestia {
namespace {

using test::ServiceProcess;

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// bench-render's files a second, from the last line it prints.
double RunRender(const std::string& root) {
  const std::string command =
      absl::StrCat(HESTIA_BENCH_RENDER, " --quiet --workers=", absl::GetFlag(FLAGS_workers), " '",
                   root, "'");
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) std::abort();
  std::array<char, 4096> line{};
  std::string last;
  while (fgets(line.data(), line.size(), pipe) != nullptr) last = line.data();
  pclose(pipe);
  constexpr absl::string_view kKey = "\"files_per_second\": ";
  const std::size_t at = last.find(kKey.data());
  if (at == std::string::npos) {
    std::cerr << "bench-pipeline: bench-render said: " << last << "\n";
    std::exit(EXIT_FAILURE);
  }
  return std::strtod(last.c_str() + at + kKey.size(), nullptr);
}

// From the moment the replica serves until everything is ingested and rendered.
double RunPipeline(const std::string& root) {
  const test::TestDatabase database;
  const TempFolder state;
  const ServiceProcess watcher(HESTIA_WATCHER_BINARY,
                               {"--watcher_listen=127.0.0.1:0",
                                absl::StrCat("--libraries=photos=", root), "--log_level=warning"},
                               state.path());
  const ServiceProcess replica(
      HESTIA_THUMBNAIL_BINARY,
      {"--thumbnail_listen=127.0.0.1:0", absl::StrCat("--watcher_address=", watcher.address()),
       absl::StrCat("--database_url=", database.url()), "--log_level=warning",
       absl::StrCat("--workers=", absl::GetFlag(FLAGS_workers))},
      state.path());
  const absl::Duration begin = MonotonicNow();
  const auto stub = thumbnail::v1::ThumbnailService::NewStub(GrpcClientChannel(replica.address()));
  thumbnail::v1::SyncRequest request;
  request.set_library("photos");
  grpc::Status status;
  do {
    // Until the watcher has told its libraries there is none to wait for.
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Hours(1)));
    context.set_wait_for_ready(true);
    thumbnail::v1::SyncResponse response;
    status = stub->Sync(&context, request, &response);
  } while (status.error_code() == grpc::StatusCode::NOT_FOUND);
  if (!status.ok()) {
    std::cerr << "bench-pipeline: " << status.error_message() << "\n";
    std::exit(EXIT_FAILURE);
  }
  const double seconds = absl::ToDoubleSeconds(MonotonicNow() - begin);
  pqxx::connection connection(database.url());
  const auto files =
      pqxx::nontransaction(connection).exec1("SELECT count(*) FROM files")[0].as<double>();
  return files / seconds;
}

int Bench(const std::string& root) {
  std::vector<double> render;
  std::vector<double> pipeline;
  for (int run = 0; run < absl::GetFlag(FLAGS_runs); ++run) {
    render.push_back(RunRender(root));
    pipeline.push_back(RunPipeline(root));
    std::cout << absl::StrFormat("run %d: bench-render %.1f, pipeline %.1f files/s\n", run,
                                 render.back(), pipeline.back());
  }
  std::cout << absl::StrFormat(
                   R"({"workers": %d, "runs": %d, "render_files_per_second": %.1f, )"
                   R"("pipeline_files_per_second": %.1f, "ratio": %.3f})",
                   absl::GetFlag(FLAGS_workers), absl::GetFlag(FLAGS_runs), Median(render),
                   Median(pipeline), Median(pipeline) / Median(render))
            << std::endl;
  return 0;
}

}  // namespace
}  // namespace hestia

int main(int argc, char** argv) {
  const bool has_folder = argc > 1 && argv[argc - 1][0] != '-';
  const std::string root = has_folder ? argv[argc - 1] : "";
  hestia::ReadSettingsOrExit(
      has_folder ? argc - 1 : argc, argv,
      {"bench-pipeline", "Takes a folder the whole way and says how that compares to rendering.",
       hestia::kVersion, "HESTIA_TEST_DATABASE_URL=… bench-pipeline [--workers=N] DIR\n"},
      [&](hestia::SettingErrors& errors) {
        const auto within = [](int value, int most) { return value >= 1 && value <= most; };
        if (!within(absl::GetFlag(FLAGS_workers), 256)) errors.Add("workers", "must be 1 to 256");
        if (!within(absl::GetFlag(FLAGS_runs), 100)) errors.Add("runs", "must be 1 to 100");
        if (!has_folder) errors.Add("DIR", "name the folder, last");
      });
  return hestia::Bench(root);
}
