#ifndef HESTIA_TESTS_WATCHER_SERVICE_HISTORY_DESCRIBE_H_
#define HESTIA_TESTS_WATCHER_SERVICE_HISTORY_DESCRIBE_H_

#include <string>

#include "tests/watcher-service/history/history.h"

namespace hestia {

// A history for people, a line an entry, with the time since the first in microseconds.
std::string Describe(const History& history);

}  // namespace hestia

#endif  // HESTIA_TESTS_WATCHER_SERVICE_HISTORY_DESCRIBE_H_
