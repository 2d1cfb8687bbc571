#include "thumbnail-service/render/render_deadline.h"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "common/monotonic_clock.h"
#include "thumbnail-service/renderer/wire.h"

namespace hestia {
namespace {
constexpr absl::Duration kPerImage = absl::Milliseconds(500);
constexpr absl::Duration kPerMegapixel = absl::Milliseconds(40);
constexpr int kPatience = 4;

double PixelsByHeader(int result) {
  std::uint32_t size[2] = {};
  const off_t at = offsetof(wire::ResultHeader, source_width_px);
  if (::pread(result, size, sizeof(size), at) != sizeof(size)) return 0;
  return static_cast<double>(size[0]) * static_cast<double>(size[1]);
}
}  // namespace

absl::Duration RenderTimeout(double pixels, absl::Duration most) {
#if defined(HESTIA_SANITIZED)
  // Several times slower, and not by a number that could be known.
  return (void)pixels, most;
#else
  return std::min(most, kPatience * (kPerImage + kPerMegapixel * (pixels / 1e6)));
#endif
}

Waited WaitForRender(int fd, int cancel, int result, absl::Duration most,
                     absl::Duration& allowed) {
  const absl::Duration begin = MonotonicNow();
  allowed = RenderTimeout(0, most);
  const Waited waited = WaitReadable(fd, cancel, begin + allowed);
  if (waited != Waited::kTimedOut) return waited;
  allowed = RenderTimeout(PixelsByHeader(result), most);
  return WaitReadable(fd, cancel, begin + allowed);
}

}  // namespace hestia
