#ifndef HESTIA_TESTS_WATCHER_SERVICE_FORCED_MODE_H_
#define HESTIA_TESTS_WATCHER_SERVICE_FORCED_MODE_H_

#include <stdlib.h>

#include <string>

namespace hestia {

// Whether polling is to be forced: suites that are not parameterized by the mode are run a second
// time with HESTIA_TEST_WATCH_MODE=poll, as "Polled.…".
inline bool PollingIsForced() {
  const char* const mode = getenv("HESTIA_TEST_WATCH_MODE");
  return mode != nullptr && std::string(mode) == "poll";
}

}  // namespace hestia

#endif  // HESTIA_TESTS_WATCHER_SERVICE_FORCED_MODE_H_
