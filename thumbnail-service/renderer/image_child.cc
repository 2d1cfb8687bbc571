#include "thumbnail-service/renderer/image_child.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <span>
#include <utility>

#include "thumbnail-service/renderer/read/readers.h"
#include "thumbnail-service/renderer/refuse.h"
#include "thumbnail-service/renderer/thumbnails.h"

namespace hestia {
namespace {
// For the handlers, which get no other context. Set once, before decoding.
int result_fd = -1;

void WriteVerdictAndExit(wire::Outcome outcome, const char* detail) {
  ResultMemory::WriteVerdict(result_fd, outcome, detail);
  ::_exit(EXIT_SUCCESS);
}

void WriteSize(std::uint32_t width_px, std::uint32_t height_px) {
  ResultMemory::WriteSourceSize(result_fd, width_px, height_px);
}
}  // namespace

void RenderImage(const wire::Request& request, int source, int result) {
  result_fd = result;
  SetRefusalHandler(WriteVerdictAndExit);
  SetSizeHandler(WriteSize);
  void* bytes = ::mmap(nullptr, request.source_bytes, PROT_READ, MAP_PRIVATE, source, 0);
  if (bytes == MAP_FAILED) RefuseForMemory();
  ResultMemory memory(result, request.result_bytes);
  Decoded decoded =
      ReadByOwnReader(request.format,
                      {static_cast<const std::uint8_t*>(bytes), request.source_bytes},
                      DemandOf(request));
  MakeThumbnails(std::move(decoded), request, memory);
}

}  // namespace hestia
