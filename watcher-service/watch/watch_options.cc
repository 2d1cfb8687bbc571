#include "watcher-service/watch/watch_options.h"

#include <string>

#include <absl/flags/flag.h>
#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>
#include <absl/time/time.h>

ABSL_FLAG(std::string, ignore, "*.tmp,*.part,*.crdownload,*.swp,*~,.*,node_modules,@eaDir,lost+found",
          "Names that are not looked at, as comma-separated shell globs on one file or folder "
          "name (\".*\" is every hidden one). Ignored folders take no watch.");
ABSL_FLAG(absl::Duration, settle_quiet, absl::Milliseconds(100),
          "How long a file must be left alone after it was closed or moved before it is told, "
          "1ms to 10s. Longer merges more changes, shorter tells sooner.");
ABSL_FLAG(absl::Duration, settle_still, absl::Seconds(2),
          "How long size and modification time of a file that is still open for writing must "
          "stand still before it is told, 10ms to 10m.");
ABSL_FLAG(int, journal_capacity, 65'536,
          "Changed paths remembered per library, 16 to 16777216. A subscriber that is further "
          "behind gets a snapshot.");
ABSL_FLAG(int, event_capacity, 65'536,
          "Kernel events that may wait per library, 16 to 16777216. More than that at once "
          "count as an overflow, and a snapshot follows.");
ABSL_FLAG(absl::Duration, reconcile_interval, absl::Hours(1),
          "How often, give or take a tenth, everything is listed anew to heal what no event "
          "told of. 0 turns it off; otherwise at least 1s.");

ABSL_FLAG(std::string, watch_mode, "auto",
          "How changes are noticed in libraries for which AddLibrary asked for nothing else: "
          "events (from the kernel), poll (by looking at every file each poll_interval) or auto "
          "(events where the file system sends them, polling elsewhere).");
ABSL_FLAG(absl::Duration, poll_interval, absl::Seconds(30),
          "Pause between two looks at what is polled, give or take a tenth, 100ms to 24h. Longer "
          "in trees that take long to look through, see ListLibraries.");

namespace hestia {
namespace {
constexpr int kMinCapacity = 16;
constexpr int kMaxCapacity = 1 << 24;

void CheckRange(absl::string_view flag, absl::Duration value, absl::Duration low,
                absl::Duration high, SettingErrors& errors) {
  if (value >= low && value <= high) return;
  errors.Add(flag, absl::StrCat("must be ", absl::FormatDuration(low), " to ",
                                absl::FormatDuration(high), ", not ", absl::FormatDuration(value)));
}

void CheckCapacity(absl::string_view flag, int value, SettingErrors& errors) {
  if (value >= kMinCapacity && value <= kMaxCapacity) return;
  errors.Add(flag, absl::StrCat("must be ", kMinCapacity, " to ", kMaxCapacity, ", not ", value));
}

absl::StatusOr<WatchMode> ParseWatchMode(absl::string_view text) {
  if (text == "auto") return WatchMode::kAuto;
  if (text == "events") return WatchMode::kEvents;
  if (text == "poll") return WatchMode::kPoll;
  return absl::InvalidArgumentError(
      absl::StrCat("must be auto, events or poll, not \"", text, "\""));
}
}  // namespace

void ValidateWatchSettings(SettingErrors& errors) {
  CheckRange("settle_quiet", absl::GetFlag(FLAGS_settle_quiet), absl::Milliseconds(1),
             absl::Seconds(10), errors);
  CheckRange("settle_still", absl::GetFlag(FLAGS_settle_still), absl::Milliseconds(10),
             absl::Minutes(10), errors);
  CheckCapacity("journal_capacity", absl::GetFlag(FLAGS_journal_capacity), errors);
  CheckCapacity("event_capacity", absl::GetFlag(FLAGS_event_capacity), errors);
  CheckRange("poll_interval", absl::GetFlag(FLAGS_poll_interval), absl::Milliseconds(100),
             absl::Hours(24), errors);
  errors.AddIfError("watch_mode", ParseWatchMode(absl::GetFlag(FLAGS_watch_mode)).status());
  const absl::Duration reconcile = absl::GetFlag(FLAGS_reconcile_interval);
  if (reconcile != absl::ZeroDuration() && reconcile < absl::Seconds(1)) {
    errors.Add("reconcile_interval", "must be 0 (off) or at least 1s");
  }
}

WatchOptions WatchOptionsFromSettings() {
  WatchOptions options;
  options.ignore = ParseIgnorePolicy(absl::GetFlag(FLAGS_ignore));
  options.timing.quiet = absl::GetFlag(FLAGS_settle_quiet);
  options.timing.still = absl::GetFlag(FLAGS_settle_still);
  options.journal.max_marks = static_cast<std::size_t>(absl::GetFlag(FLAGS_journal_capacity));
  options.event_capacity = static_cast<std::size_t>(absl::GetFlag(FLAGS_event_capacity));
  options.reconcile_interval = absl::GetFlag(FLAGS_reconcile_interval);
  options.mode = ParseWatchMode(absl::GetFlag(FLAGS_watch_mode)).value();
  options.poll_interval = absl::GetFlag(FLAGS_poll_interval);
  return options;
}

}  // namespace hestia
