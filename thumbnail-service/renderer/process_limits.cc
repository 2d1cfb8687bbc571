#include "thumbnail-service/renderer/process_limits.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "common/unique_fd.h"

namespace hestia {
namespace {
// The service kills on time; this is for a program that has lost its service.
constexpr unsigned kGraceSeconds = 2;

void Limit(int resource, rlim_t soft, rlim_t hard) {
  const rlimit limit{soft, hard};
  ::setrlimit(static_cast<__rlimit_resource_t>(resource), &limit);
}

#if !defined(HESTIA_SANITIZED)
// Address space in use, from the first field of statm; 0 when it cannot be read.
rlim_t MappedBytes() {
  const UniqueFd file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  std::array<char, 64> text{};
  if (::read(file.get(), text.data(), text.size() - 1) <= 0) return 0;
  return std::strtoull(text.data(), nullptr, 10) * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
}
#endif
}  // namespace

void PreferAsOomVictim() {
  const UniqueFd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  // Refused where the service itself runs with a higher value; then it is high enough.
  [[maybe_unused]] const ssize_t written = ::write(file.get(), "1000", 4);
}

void LimitProcess(const wire::Request& request, Serves serves) {
  const auto seconds = static_cast<unsigned>(request.limits.timeout_seconds) + kGraceSeconds;
  Limit(RLIMIT_CORE, 0, 0);
  // Files mean the result here: a limit of 0 would refuse writes to shared memory, too. The
  // next request may have a larger one.
  Limit(RLIMIT_FSIZE, request.result_bytes,
        serves == Serves::kOneImage ? request.result_bytes : RLIM_INFINITY);
  if (serves == Serves::kManyImages) ::alarm(seconds);
#if !defined(HESTIA_SANITIZED)
  static const rlim_t program_bytes = MappedBytes();
  const rlim_t bytes = program_bytes + request.limits.max_memory_bytes;
  Limit(RLIMIT_AS, bytes, bytes);
  if (serves == Serves::kOneImage) Limit(RLIMIT_CPU, seconds, seconds + 1);
#endif
}

void ClearAlarm() { ::alarm(0); }

}  // namespace hestia
