// thumbnail-service: ingests what the watcher tells, renders, stores and serves thumbnails.
#include <cstdlib>
#include <memory>

#include <absl/random/random.h>
#include <absl/strings/str_cat.h>

#include "common/atomic_file.h"
#include "common/backoff.h"
#include "common/logging.h"
#include "common/monotonic_clock.h"
#include "common/settings.h"
#include "common/stop_signal.h"
#include "common/version.h"
#include "thumbnail-service/config.h"
#include "thumbnail-service/render/render_settings.h"
#include "thumbnail-service/replica.h"
#include "thumbnail-service/store/migrator.h"
#include "thumbnail-service/store/pg_pooling.h"

namespace {

constexpr hestia::ProgramInfo kProgram = {
    .name = "thumbnail-service",
    .summary = "Keeps a PostgreSQL database of thumbnails equal to the folders a watcher-service\n"
               "watches, and serves them over gRPC. Start as many as you like on one database.",
    .version = hestia::kVersion,
    .examples = "  thumbnail-service --database_url=postgresql://localhost/hestia\n"
                "  HESTIA_DATABASE_URL=postgresql://db/hestia HESTIA_WORKERS=8 thumbnail-service\n"};

// Waits for the database as long as the setting allows. kCancelled: a stop signal came first.
absl::Status MigrateWithPatience(const hestia::Config& config) {
  absl::BitGen random;
  const hestia::Backoff backoff{.base = absl::Milliseconds(200), .cap = absl::Seconds(3)};
  const absl::Duration until = hestia::MonotonicNow() + config.database_patience;
  for (int tries = 0;; ++tries) {
    absl::Status status = hestia::CheckOwnSessions(config.database_url);
    if (status.ok()) status = hestia::Migrate(config.database_url, config.recipes);
    const bool may_pass = absl::IsUnavailable(status) || absl::IsAborted(status);
    if (!may_pass || hestia::MonotonicNow() > until) return status;
    if (tries == 0) {
      const std::string text = absl::StrCat("waiting for the database: ", status.message());
      absl::IsAborted(status) ? hestia::LogInfo(text) : hestia::LogWarning(text);
    }
    if (hestia::StopSignalWithin(backoff.Delay(tries, random))) return absl::CancelledError();
  }
}

int Fail(const absl::Status& status) {
  hestia::LogError(absl::StrCat("cannot start: ", status.message()));
  return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  hestia::HoldStopSignals();
  hestia::ReadSettingsOrExit(argc, argv, kProgram, [](hestia::SettingErrors& errors) {
    hestia::ValidateConfig(errors);
    hestia::ValidateRenderSettings(errors);
  });
  const hestia::Config config = hestia::ReadConfig();
  if (absl::Status status = hestia::SetUpLogging(config.log_level); !status.ok()) {
    return Fail(status);
  }
  const absl::Status migrated = MigrateWithPatience(config);
  if (absl::IsCancelled(migrated)) return EXIT_SUCCESS;
  if (!migrated.ok()) return Fail(migrated);

  absl::StatusOr<std::unique_ptr<hestia::Replica>> replica = hestia::Replica::Start(config);
  if (!replica.ok()) return Fail(replica.status());
  hestia::LogInfo(absl::StrCat("listening address=", (*replica)->address(), " replica=",
                               (*replica)->id(), " workers=", config.workers));
  if (!config.address_file.empty()) {
    const absl::Status status = hestia::WriteFileAtomically(
        config.address_file, absl::StrCat((*replica)->address(), "\n"));
    if (!status.ok()) return Fail(status);
  }
  const std::string signal = hestia::WaitForStopSignal();
  hestia::LogInfo(absl::StrCat("stopping signal=", signal));
  (*replica)->Stop();
  hestia::LogInfo("stopped");
  return (*replica)->outdated() ? EXIT_FAILURE : EXIT_SUCCESS;
}
