#ifndef HESTIA_COMMON_CRASH_POINT_H_
#define HESTIA_COMMON_CRASH_POINT_H_

// Names a place where a test ends or stops this process: HESTIA_CRASH_POINT("finish.committed").
// Nothing of it is compiled but into the binaries of the crash tests, where the variable
// CRASH_AT=NAME:ACTION chooses one; see crash_point.cc.
#ifdef HESTIA_CRASH_POINTS
#include <absl/strings/string_view.h>

namespace hestia {
void CrashPoint(absl::string_view name);
}  // namespace hestia

#define HESTIA_CRASH_POINT(name) ::hestia::CrashPoint(name)
#else
#define HESTIA_CRASH_POINT(name) static_cast<void>(0)
#endif

#endif  // HESTIA_COMMON_CRASH_POINT_H_
