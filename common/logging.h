#ifndef HESTIA_COMMON_LOGGING_H_
#define HESTIA_COMMON_LOGGING_H_

#include <absl/status/status.h>
#include <absl/strings/string_view.h>

namespace hestia {

// One line on stderr per decision: time, level, thread name, message. spdlog behind one
// source file, because its headers cost seconds in every file that sees them.
//
// Thread-safety: LogInfo and friends from any thread, any time. SetUpLogging once, first in
//   main().
// Blocking: a line is written before the call returns; stderr may block.
// Message form: what happened, then key=value facts. One line per failure, where it is
//   decided and not where it passes by.

// `level` is one of debug, info, warning, error.
//   kInvalidArgument  another word: show it to the user.
absl::Status SetUpLogging(absl::string_view level);

void LogDebug(absl::string_view message);
void LogInfo(absl::string_view message);
void LogWarning(absl::string_view message);
void LogError(absl::string_view message);

}  // namespace hestia

#endif  // HESTIA_COMMON_LOGGING_H_
