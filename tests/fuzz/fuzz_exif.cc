#include <cstdint>
#include <cstdlib>
#include <span>

#include "thumbnail-service/renderer/picture/orientation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int orientation = hestia::ReadExifOrientation(std::span(data, size));
  if (orientation < 1 || orientation > 8) std::abort();
  return 0;
}
