#include "thumbnail-service/config.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include <absl/flags/flag.h>
#include <absl/strings/str_cat.h>

#include "common/network_address.h"
#include "thumbnail-service/store/pg_session.h"

ABSL_FLAG(std::string, thumbnail_listen, "127.0.0.1:50052",
          "host:port to serve gRPC on; port 0 takes any free one. Listen on an internal network "
          "only: calls are not authenticated.");
ABSL_FLAG(std::string, address_file, "",
          "File to write the address actually bound to, for scripts; written once it listens.");
ABSL_FLAG(std::string, watcher_address, "127.0.0.1:50051",
          "The watcher-service: host:port, or a gRPC target such as dns:///watcher-service:50051.");
ABSL_FLAG(std::string, database_url, "",
          "PostgreSQL 13 or newer, as a libpq URL or connection string, for example\n"
          "postgresql://hestia:secret@db/hestia. Required. The schema is made and kept up to date.");
ABSL_FLAG(std::string, libraries, "",
          "Where this machine has the libraries' folders: NAME=DIR,NAME=DIR. Only needed where\n"
          "they differ from the watcher's. A replica takes no jobs of folders it does not have.");
ABSL_FLAG(std::string, file_access, "mount",
          "How the images' bytes come here: \"mount\" reads the folders on this machine, \"grpc\"\n"
          "has the watcher-service send them, for machines that do not have the folders.");
ABSL_FLAG(int, workers, 0,
          "Images rendered at a time, 1 to 256; 0 means the cores this process may use.");
ABSL_FLAG(std::string, recipes, "small=128:webp:80,medium=256:webp:80,large=512:webp:80",
          "Thumbnails to make of every image:\n"
          "NAME=BOX[:FORMAT[:QUALITY[:EFFORT[:FIT[:BACKGROUND]]]]],…  BOX is a square's side in\n"
          "pixels (nothing is enlarged), FORMAT webp, jpeg, png or avif, QUALITY 1 to 100, EFFORT 0\n"
          "(fast) to 6 (small), FIT inside, cover or contain, BACKGROUND RRGGBB. Seeds an empty database; afterwards the database's rule.");
ABSL_FLAG(absl::Duration, removal_grace, absl::Hours(24),
          "How long thumbnails of removed files are kept, so that a file which comes back or is\n"
          "moved is not rendered again. 0s to 8760h.");
ABSL_FLAG(double, mass_removal_share, 0.5,
          "When a listing misses more than this share of a library's files, and more than\n"
          "mass_removal_files, their rows are kept until ConfirmRemovals: an unmounted disk must\n"
          "not empty the database. 0 to 1; 1 removes at once, always.");
ABSL_FLAG(int, mass_removal_files, 100, "See mass_removal_share. 0 to 1000000000.");
ABSL_FLAG(absl::Duration, rescue_after, absl::Seconds(10),
          "A replica whose heartbeat stands still for so long is taken for dead, and its jobs are\n"
          "done elsewhere; one whose process ended, after 2 s. After half of it it takes up no\n"
          "more work itself. 3s to 1h.");
ABSL_FLAG(absl::Duration, database_patience, absl::Seconds(60),
          "How long to wait for the database at start before giving up. 0s to 1h.");
ABSL_FLAG(std::string, log_level, "info", "debug, info, warning or error.");

namespace hestia {
namespace {

constexpr int kMaxWorkers = 256;

// What a container may use: whole cores by affinity, fractions by the cgroup's quota
// (Documentation/admin-guide/cgroup-v2.rst, cpu.max: "QUOTA PERIOD" or "max PERIOD").
int UsableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  int cores = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0;
  double period = 0;
  if (file >> quota >> period && period > 0) {
    cores = std::min(cores, static_cast<int>(std::ceil(quota / period)));
  }
  return std::clamp(cores, 1, kMaxWorkers);
}

void CheckWithin(absl::string_view flag, absl::Duration value, absl::Duration least,
                 absl::Duration most, SettingErrors& errors) {
  if (value >= least && value <= most) return;
  errors.Add(flag, absl::StrCat("must be ", absl::FormatDuration(least), " to ",
                                absl::FormatDuration(most), ", not ",
                                absl::FormatDuration(value)));
}

}  // namespace

void ValidateConfig(SettingErrors& errors) {
  errors.AddIfError("thumbnail_listen", CheckListenAddress(absl::GetFlag(FLAGS_thumbnail_listen)));
  errors.AddIfError("watcher_address", CheckServerAddress(absl::GetFlag(FLAGS_watcher_address)));
  if (absl::GetFlag(FLAGS_database_url).empty()) {
    errors.Add("database_url", "is required, for example postgresql://hestia:secret@db/hestia");
  }
  errors.AddIfError("database_url", CheckDatabaseUrl(absl::GetFlag(FLAGS_database_url)));
  errors.AddIfError("libraries", ParseLibraries(absl::GetFlag(FLAGS_libraries)).status());
  const std::string access = absl::GetFlag(FLAGS_file_access);
  if (access != "mount" && access != "grpc") {
    errors.Add("file_access", absl::StrCat("\"", access, "\" is not mount or grpc"));
  }
  errors.AddIfError("recipes", ParseRecipes(absl::GetFlag(FLAGS_recipes)).status());
  const int workers = absl::GetFlag(FLAGS_workers);
  if (workers < 0 || workers > kMaxWorkers) {
    errors.Add("workers", absl::StrCat("must be 0 to ", kMaxWorkers, ", not ", workers));
  }
  CheckWithin("removal_grace", absl::GetFlag(FLAGS_removal_grace), absl::ZeroDuration(),
              absl::Hours(8760), errors);
  const double share = absl::GetFlag(FLAGS_mass_removal_share);
  if (!(share >= 0 && share <= 1)) {
    errors.Add("mass_removal_share", absl::StrCat("must be 0 to 1, not ", share));
  }
  const int files = absl::GetFlag(FLAGS_mass_removal_files);
  if (files < 0 || files > 1'000'000'000) {
    errors.Add("mass_removal_files", absl::StrCat("must be 0 to 1000000000, not ", files));
  }
  CheckWithin("rescue_after", absl::GetFlag(FLAGS_rescue_after), absl::Seconds(3), absl::Hours(1),
              errors);
  CheckWithin("database_patience", absl::GetFlag(FLAGS_database_patience), absl::ZeroDuration(),
              absl::Hours(1), errors);
  const std::string level = absl::GetFlag(FLAGS_log_level);
  if (level != "debug" && level != "info" && level != "warning" && level != "error") {
    errors.Add("log_level", absl::StrCat("\"", level, "\" is not debug, info, warning or error"));
  }
}

Config ReadConfig() {
  const int workers = absl::GetFlag(FLAGS_workers);
  return Config{.listen = absl::GetFlag(FLAGS_thumbnail_listen),
                .address_file = absl::GetFlag(FLAGS_address_file),
                .watcher_address = absl::GetFlag(FLAGS_watcher_address),
                .database_url = absl::GetFlag(FLAGS_database_url),
                .log_level = absl::GetFlag(FLAGS_log_level),
                .files_by_grpc = absl::GetFlag(FLAGS_file_access) == "grpc",
                .workers = workers == 0 ? UsableCores() : workers,
                .libraries = ParseLibraries(absl::GetFlag(FLAGS_libraries)).value(),
                .recipes = ParseRecipes(absl::GetFlag(FLAGS_recipes)).value(),
                .mass_removal = {.share = absl::GetFlag(FLAGS_mass_removal_share),
                                 .files = absl::GetFlag(FLAGS_mass_removal_files)},
                .removal_grace = absl::GetFlag(FLAGS_removal_grace),
                .rescue_after = absl::GetFlag(FLAGS_rescue_after),
                .database_patience = absl::GetFlag(FLAGS_database_patience)};
}

}  // namespace hestia
