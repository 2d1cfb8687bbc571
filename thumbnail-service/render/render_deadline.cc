#include "thumbnail-service/render/render_deadline.h"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "common/monotonic_clock.h"
#include "thumbnail-service/renderer/wire.h"

namespace hestia {
namespace {
[[maybe_unused]] constexpr absl::Duration kPerMegapixel = absl::Milliseconds(4 * 40);
}  // namespace

double PixelsByHeader(int result) {
  std::uint32_t size[2] = {};
  const off_t at = offsetof(wire::ResultHeader, source_width_px);
  if (::pread(result, size, sizeof(size), at) != sizeof(size)) return 0;
  return static_cast<double>(size[0]) * static_cast<double>(size[1]);
}

absl::Duration RenderTimeout(double pixels, const RenderTimes& times) {
#if defined(HESTIA_SANITIZED)
  // Several times slower, and not by a number that could be known.
  return (void)pixels, times.most;
#else
  return std::min(times.most, times.least + kPerMegapixel * (pixels / 1e6));
#endif
}

Waited WaitForRender(int fd, int cancel, int result, const RenderTimes& times,
                     absl::Duration& allowed) {
  const absl::Duration begin = MonotonicNow();
  allowed = RenderTimeout(0, times);
  const Waited waited = WaitReadable(fd, cancel, begin + allowed);
  if (waited != Waited::kTimedOut) return waited;
  allowed = RenderTimeout(PixelsByHeader(result), times);
  return WaitReadable(fd, cancel, begin + allowed);
}

}  // namespace hestia
