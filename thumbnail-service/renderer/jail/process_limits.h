#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_JAIL_PROCESS_LIMITS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_JAIL_PROCESS_LIMITS_H_

#include <cstdint>

namespace hestia {

// What a renderer process may use (setrlimit(2)).
//
// Thread-safety: process-wide.
struct ProcessLimits {
  std::uint64_t memory_bytes = 0;  // address space; 0: whoever started the process sets it
  std::uint64_t file_bytes = 0;    // files mean shared memory here; 0 would refuse any write to it
  std::uint64_t cpu_seconds = 0;   // 0: no limit, for a process that serves many images
  bool threads = false;             // whether it may start some
};

// Takes them, and any core dump, for good. Address space and CPU time are left alone in
// sanitized builds, which need more of both. False when one is refused.
bool EnterLimits(const ProcessLimits& limits);

// Address space in use; 0 when it cannot be read. Needs /proc, so ask before Landlock.
std::uint64_t MappedBytes();

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_JAIL_PROCESS_LIMITS_H_
