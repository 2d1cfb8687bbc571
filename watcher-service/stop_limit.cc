#include "watcher-service/stop_limit.h"

#include <unistd.h>

#include <absl/strings/str_cat.h>

#include "common/logging.h"

namespace hestia {

StopLimit::StopLimit(absl::Duration limit)
    : thread_("stop-limit", [this, limit] {
        if (stopped_.WaitForNotificationWithTimeout(limit)) return;
        LogError(absl::StrCat("stopping takes longer than ", absl::FormatDuration(limit),
                              "; leaving behind what waits for a disk exit=", kStopLimitExit));
        // Not exit(): what it would destroy is in use by threads that hang.
        _exit(kStopLimitExit);
      }) {}

}  // namespace hestia
