#ifndef HESTIA_WATCHER_SERVICE_WATCH_WATCH_OPTIONS_H_
#define HESTIA_WATCHER_SERVICE_WATCH_WATCH_OPTIONS_H_

#include <cstddef>
#include <cstdint>

#include <absl/time/time.h>

#include "common/settings.h"
#include "watcher-service/events/ignore_policy.h"
#include "watcher-service/events/journal.h"
#include "watcher-service/events/settle_set.h"
#include "watcher-service/events/watch_mode.h"
#include "watcher-service/tree/file_system.h"

namespace hestia {

// How a library is watched. Tests make their own; the program reads its settings.
struct WatchOptions {
  IgnorePolicy ignore = IgnorePolicy({});
  SettleSet::Timing timing;
  Journal::Limits journal;
  std::size_t event_capacity = 65'536;                 // kernel events waiting to be understood
  std::size_t settle_capacity = 65'536;                // files settling at a time
  absl::Duration reconcile_interval = absl::Hours(1);  // zero: never
  absl::Duration root_check_interval = absl::Seconds(2);
  absl::Duration disk_patience = absl::Seconds(10);    // until a look that goes on counts as hung
  absl::Duration stop_patience = absl::Seconds(5);     // until a disk is not waited for any more
  WatchMode mode = WatchMode::kAuto;                   // of libraries for which none is asked
  absl::Duration poll_interval = absl::Seconds(30);    // see PollSchedule
  bool (*sends_events)(std::uint32_t file_system) = SendsEvents;
};

// Adds what is wrong with the flags of this room.
void ValidateWatchSettings(SettingErrors& errors);
// The flags as options; call after they were found right.
WatchOptions WatchOptionsFromSettings();

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_WATCH_WATCH_OPTIONS_H_
