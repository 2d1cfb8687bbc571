#ifndef HESTIA_TESTS_WATCHER_SERVICE_UNPRIVILEGED_H_
#define HESTIA_TESTS_WATCHER_SERVICE_UNPRIVILEGED_H_

#include "tests/watcher-service/temp_folder.h"

namespace hestia {

// While it lives the whole process acts as an ordinary user, so that permissions bind it even
// when the tests run as root. Does nothing when they do not. `folder` stays accessible.
//
// Thread-safety: one at a time in a process; other threads change user with this one.
class Unprivileged {
 public:
  explicit Unprivileged(const TempFolder& folder);
  ~Unprivileged();
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;

 private:
  const bool was_root_;
};

}  // namespace hestia

#endif  // HESTIA_TESTS_WATCHER_SERVICE_UNPRIVILEGED_H_
