#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_JAIL_SYSCALL_FILTER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_JAIL_SYSCALL_FILTER_H_

#include <linux/filter.h>

#include <cstdint>
#include <vector>

namespace hestia {

// Whose calls are allowed; see allowed_syscalls.h.
enum class JailedAs { kDecoder, kWorker, kLauncher };

// An allow-list of system calls, compiled once and entered by any number of processes.
// Any other call, and any of another architecture, kills the process with SIGSYS.
//
// Thread-safety: immutable but for Enter, which binds every thread of the process.
class SyscallFilter {
 public:
  // An empty filter, which cannot be entered, when libseccomp fails.
  static SyscallFilter For(JailedAs who);

  // Binds this process for good. Needs no_new_privs. False when the kernel refuses, and
  // nothing is bound.
  bool Enter();

 private:
  std::vector<sock_filter> program_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_JAIL_SYSCALL_FILTER_H_
