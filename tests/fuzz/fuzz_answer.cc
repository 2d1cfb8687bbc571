// The shared memory as a hostile renderer may leave it.

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "thumbnail-service/render/render_result.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<hestia::Recipe> recipes =
      hestia::ParseRecipes("a=32:webp,b=16:jpeg,c=20:png,d=24:avif,e=8:webp:80:2:contain").value();
  const absl::StatusOr<hestia::ResultBuffer> result = hestia::ResultBuffer::Make(recipes);
  if (!result.ok()) std::abort();
  const std::size_t fits = std::min<std::size_t>(size, result->size_bytes());
  if (::pwrite(result->fd(), data, fits, 0) != static_cast<ssize_t>(fits)) std::abort();
  const absl::StatusOr<hestia::Rendering> rendering = result->Read(recipes);
  if (!rendering.ok()) return 0;
  if (rendering->placeholder.thumbhash.size() > 25) std::abort();
  // Whatever is believed is within what was asked for.
  for (std::size_t i = 0; i < recipes.size(); ++i) {
    const hestia::RenderedImage& image = rendering->images[i];
    if (image.width_px < 1 || image.width_px > recipes[i].box_px || image.height_px < 1 ||
        image.height_px > recipes[i].box_px || image.data.empty()) {
      std::abort();
    }
  }
  return 0;
}
