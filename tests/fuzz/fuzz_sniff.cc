// What the service itself reads of a file, and of a thumbnail that comes back.

#include <cstdint>
#include <cstdlib>

#include <absl/strings/string_view.h>

#include "thumbnail-service/render/encoded_size.h"
#include "thumbnail-service/render/image_format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const hestia::ImageFormat format = hestia::Sniff(bytes);
  if (hestia::FormatTitle(format).empty() || hestia::DescribeUnreadable(bytes).empty()) {
    std::abort();
  }
  for (const hestia::OutputFormat output :
       {hestia::OutputFormat::kWebp, hestia::OutputFormat::kJpeg, hestia::OutputFormat::kPng,
        hestia::OutputFormat::kAvif}) {
    const auto encoded = hestia::SizeOfEncoded(output, bytes);
    if (encoded.has_value() && (encoded->width_px < 0 || encoded->height_px < 0)) std::abort();
  }
  return 0;
}
