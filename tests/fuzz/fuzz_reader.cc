#include "tests/fuzz/fuzz_reader.h"

#include <sys/mman.h>

#include <cstdlib>
#include <utility>

#include "thumbnail-service/renderer/refuse.h"
#include "thumbnail-service/renderer/thumbnails.h"

namespace hestia {
namespace {
struct Refusal {};

void ThrowRefusal(wire::Outcome, const char*) { throw Refusal(); }

// Small, so that time goes into many inputs rather than large ones.
wire::Request SmallRequest() {
  wire::Request request;
  request.image_count = 2;
  request.result_bytes = std::uint64_t{1} << 20;
  request.limits = {.max_scaled_pixels = 1 << 20,
                    .max_pixels = 1 << 18,
                    .max_side_px = 1 << 14,
                    .max_channels = 64,
                    .max_frames = 1000,
                    .max_ratio = 1 << 20,
                    .max_scans = 500,
                    .max_chunk_bytes = 1 << 24,
                    .max_icc_bytes = 1 << 20,
                    .max_exif_bytes = 1 << 20,
                    .max_memory_bytes = std::uint64_t{1} << 30,
                    .timeout_seconds = 10};
  request.images[0] = {.box_px = 32, .encoding = wire::Encoding::kWebp, .quality = 50};
  request.images[1] = {.box_px = 16, .encoding = wire::Encoding::kJpeg, .quality = 50};
  return request;
}

int MakeResult() {
  SetRefusalHandler(ThrowRefusal);
  const int result = ::memfd_create("fuzz-result", MFD_CLOEXEC);
  if (result < 0) std::abort();
  return result;
}
}  // namespace

void FuzzReader(Reader reader, const std::uint8_t* data, std::size_t size) {
  static const int result = MakeResult();
  const wire::Request request = SmallRequest();
  try {
    ResultMemory memory(result, request.result_bytes);
    Decoded decoded = reader({data, size}, DemandOf(request));
    MakeThumbnails(std::move(decoded), request, memory);
  } catch (const Refusal&) {
  }
}

}  // namespace hestia
