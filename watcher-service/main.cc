#include <sys/resource.h>

#include <memory>
#include <optional>
#include <string>

#include <absl/flags/flag.h>
#include <absl/strings/str_cat.h>

#include "common/grpc_server.h"
#include "common/logging.h"
#include "common/named_thread.h"
#include "common/network_address.h"
#include "common/settings.h"
#include "common/stop_signal.h"
#include "common/version.h"
#include "common/atomic_file.h"
#include "watcher-service/libraries/library_set.h"
#include "watcher-service/rpc/watcher_service.h"
#include "watcher-service/stop_limit.h"
#include "watcher-service/watch/watch_options.h"

ABSL_FLAG(std::string, watcher_listen, "127.0.0.1:50051",
          "host:port to serve on. Port 0 takes a free one; the log and --address_file tell "
          "which.");
ABSL_FLAG(std::string, address_file, "",
          "File that gets the host:port served on, for scripts; written when it is known.");
ABSL_FLAG(std::string, log_level, "info", "What is logged: debug, info, warning or error.");

namespace hestia {
namespace {

constexpr absl::Duration kStopGrace = absl::Seconds(2);
constexpr absl::Duration kDiskPatience = absl::Seconds(4);
constexpr absl::Duration kLongestStop = absl::Seconds(8);
constexpr ProgramInfo kProgram = {
    "watcher-service",
    "Watches folders and tells subscribers over gRPC which files appear, change and go.", kVersion,
    "  watcher-service --libraries=photos=/data/photos\n"
    "  HESTIA_LIBRARIES=photos=/data/photos HESTIA_STATE_DIR=/var/lib/hestia watcher-service\n"};

void Validate(SettingErrors& errors) {
  errors.AddIfError("log_level", SetUpLogging(absl::GetFlag(FLAGS_log_level)));
  errors.AddIfError("watcher_listen", CheckListenAddress(absl::GetFlag(FLAGS_watcher_listen)));
  ValidateLibrarySettings(errors);
  ValidateWatchSettings(errors);
  ValidateServiceSettings(errors);
}

// Deep listings and many streams hold descriptors; the soft limit is often 1,024.
void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// False: it could not start, and the log says why.
bool Serve() {
  std::optional<StopLimit> limit;  // first: it outlasts whatever is joined below
  // Libraries that are watched already are joined on the way out, too.
  const auto fail = [&](const absl::Status& status) {
    LogError(absl::StrCat("cannot start error=\"", status.message(), "\""));
    limit.emplace(kLongestStop);
    return false;
  };
  const std::unique_ptr<LibrarySet> libraries = LibrarySetFromSettings();
  const absl::Status started = libraries->Start(LibrariesFromSettings());
  if (!started.ok()) return fail(started);
  WatcherService service(*libraries, ServiceOptionsFromSettings());
  const auto server =
      GrpcServer::Start(absl::GetFlag(FLAGS_watcher_listen), kWatcherServiceName, &service);
  if (!server.ok()) return fail(server.status());
  LogInfo(absl::StrCat("listening address=", (*server)->address()));
  if (const std::string file = absl::GetFlag(FLAGS_address_file); !file.empty()) {
    const absl::Status status =
        WriteFileAtomically(file, absl::StrCat((*server)->address(), "\n"));
    if (!status.ok()) return fail(status);
  }
  NamedThread ready("ready", [&] {
    if (!libraries->AwaitFirstWalks()) return;
    (*server)->SetServing(true);
    LogInfo("serving");
  });
  LogInfo(absl::StrCat("stopping signal=", WaitForStopSignal()));
  limit.emplace(kLongestStop);
  (*server)->Withdraw();
  service.RefuseStreams();
  libraries->End(StoppingStatus());
  for (const std::string& library : libraries->AwaitEnd(kDiskPatience)) {
    LogWarning(absl::StrCat("stopping, but the disk does not answer library=", library));
  }
  ready.Join();
  (*server)->Stop(kStopGrace);
  service.Stop();
  LogInfo("stopped");
  return true;
}

}  // namespace
}  // namespace hestia

int main(int argc, char** argv) {
  hestia::HoldStopSignals();
  hestia::ReadSettingsOrExit(argc, argv, hestia::kProgram, hestia::Validate);
  hestia::RaiseFileLimit();
  return hestia::Serve() ? 0 : 1;
}
