#ifndef HESTIA_COMMON_STOP_SIGNAL_H_
#define HESTIA_COMMON_STOP_SIGNAL_H_

#include <string>

#include <absl/time/time.h>

namespace hestia {

// Makes SIGTERM and SIGINT wait to be taken by WaitForStopSignal instead of ending the
// process, and ignores SIGPIPE. Call first in main(), before any thread exists: threads
// inherit the mask.
void HoldStopSignals();

// Blocks until SIGTERM or SIGINT arrives; returns its name. A further one is taken by the
// kernel's default from then on, so a second Ctrl-C ends a stop that hangs.
std::string WaitForStopSignal();

// Waits for the same signals at most `timeout`. True when one arrived: it is taken, so stop.
bool StopSignalWithin(absl::Duration timeout);

}  // namespace hestia

#endif  // HESTIA_COMMON_STOP_SIGNAL_H_
