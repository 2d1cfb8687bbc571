#ifndef HESTIA_TESTS_WATCHER_SERVICE_CONVERGENCE_WATCHER_HOST_H_
#define HESTIA_TESTS_WATCHER_SERVICE_CONVERGENCE_WATCHER_HOST_H_

#include <memory>
#include <string>

#include "tests/watcher-service/convergence/script.h"

namespace hestia {

// A served watcher of two libraries, "first" and "second", that may meet with accidents.
//
// Thread-safety: address() from any thread; the rest from one.
class WatcherHost {
 public:
  virtual ~WatcherHost() = default;

  // Where it is served. Waits while it is being restarted.
  virtual std::string address() = 0;
  // The kernel says that its queue of the first library overflowed.
  virtual void Overflow() = 0;
  // It cannot do anything any more, until Continue() or Restart().
  virtual void Halt() = 0;
  virtual void Continue() = 0;
  // It dies without notice, and a new one is started.
  virtual void Restart() = 0;
};

// In this process, or as the real binary, as the script says. In this process an overflow can be
// had for the asking; only a process can be halted and killed. `first` and `second` are the
// roots.
std::unique_ptr<WatcherHost> StartWatcher(const Script& script, const std::string& first,
                                          const std::string& second);

}  // namespace hestia

#endif  // HESTIA_TESTS_WATCHER_SERVICE_CONVERGENCE_WATCHER_HOST_H_
