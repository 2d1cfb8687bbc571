#ifndef HESTIA_TESTS_WATCHER_SERVICE_OWN_NAMESPACES_H_
#define HESTIA_TESTS_WATCHER_SERVICE_OWN_NAMESPACES_H_

#include <string>

namespace hestia {

// Gives this process a user and a mount namespace of its own, where it may mount and lower the
// kernel's limits for itself. Returns what forbids it; empty on success. Call it while the
// process has one thread.
std::string EnterOwnNamespaces();

// Writes a limit of this user namespace, such as "max_inotify_watches".
bool SetUserLimit(const std::string& name, int limit);

}  // namespace hestia

#endif  // HESTIA_TESTS_WATCHER_SERVICE_OWN_NAMESPACES_H_
