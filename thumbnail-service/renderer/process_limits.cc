#include "thumbnail-service/renderer/process_limits.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/unique_fd.h"

namespace hestia {
namespace {
void Limit(int resource, rlim_t value) {
  const rlimit limit{value, value};
  ::setrlimit(static_cast<__rlimit_resource_t>(resource), &limit);
}
}  // namespace

void PreferAsOomVictim() {
  const UniqueFd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  // Refused where the service itself runs with a higher value; then it is high enough.
  [[maybe_unused]] const ssize_t written = ::write(file.get(), "1000", 4);
}

void LimitProcess(const wire::Request& request) {
  Limit(RLIMIT_CORE, 0);
  // Files mean the result here: a limit of 0 would refuse writes to shared memory, too.
  Limit(RLIMIT_FSIZE, request.result_bytes);
#if !defined(HESTIA_SANITIZED)
  Limit(RLIMIT_AS, request.limits.max_memory_bytes);
  Limit(RLIMIT_CPU, request.limits.timeout_seconds + 1);
#endif
}

}  // namespace hestia
