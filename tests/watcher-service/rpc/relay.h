#ifndef HESTIA_TESTS_WATCHER_SERVICE_RPC_RELAY_H_
#define HESTIA_TESTS_WATCHER_SERVICE_RPC_RELAY_H_

#include <atomic>
#include <string>

#include "common/named_thread.h"
#include "common/unique_fd.h"

namespace hestia {

// One TCP connection to a server by a way that can go dead: from then on nothing comes through
// and nobody is told, as when a host loses its power.
class Relay {
 public:
  // To a port of this machine.
  explicit Relay(int port);
  ~Relay();

  // Where to connect, once.
  std::string address() const;
  void GoDead() { dead_ = true; }

 private:
  void Run(int port);

  UniqueFd listener_;
  UniqueFd stop_;  // eventfd
  std::atomic<bool> dead_ = false;
  NamedThread thread_;
};

}  // namespace hestia

#endif  // HESTIA_TESTS_WATCHER_SERVICE_RPC_RELAY_H_
