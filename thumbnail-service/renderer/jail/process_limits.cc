#include "thumbnail-service/renderer/jail/process_limits.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "common/unique_fd.h"

namespace hestia {
namespace {
// Enough for a library that duplicates its source, too few to hoard.
constexpr rlim_t kMostDescriptors = 32;

bool Limit(__rlimit_resource_t resource, rlim_t soft, rlim_t hard) {
  const rlimit limit{soft, hard};
  return ::setrlimit(resource, &limit) == 0;
}
bool Limit(__rlimit_resource_t resource, rlim_t most) { return Limit(resource, most, most); }
}  // namespace

bool EnterLimits(const ProcessLimits& limits) {
  bool entered = Limit(RLIMIT_CORE, 0) && Limit(RLIMIT_FSIZE, limits.file_bytes) &&
                 Limit(RLIMIT_NOFILE, kMostDescriptors);
  // Counted per user, so only 0 is sure to mean the same everywhere; root is not bound by it.
  if (!limits.threads) entered = entered && Limit(RLIMIT_NPROC, 0);
#if !defined(HESTIA_SANITIZED)
  if (limits.memory_bytes > 0) entered = entered && Limit(RLIMIT_AS, limits.memory_bytes);
  if (limits.cpu_seconds > 0) {
    entered = entered && Limit(RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1);
  }
#endif
  return entered;
}

std::uint64_t MappedBytes() {
  const UniqueFd file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  std::array<char, 64> text{};
  if (::read(file.get(), text.data(), text.size() - 1) <= 0) return 0;
  return std::strtoull(text.data(), nullptr, 10) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace hestia
