#include "thumbnail-service/renderer/oiio_image.h"

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "thumbnail-service/render/image_format.h"
#include "thumbnail-service/renderer/read/oiio_reader.h"
#include "thumbnail-service/renderer/refuse.h"
#include "thumbnail-service/renderer/thumbnails.h"

namespace hestia {
namespace {
// For the handlers, which get no other context: the request in work.
int result_fd = -1;

void WriteVerdictAndExit(wire::Outcome outcome, const char* detail) {
  ResultMemory::WriteVerdict(result_fd, outcome, detail);
  ::_exit(EXIT_SUCCESS);
}

void WriteSize(std::uint32_t width_px, std::uint32_t height_px) {
  ResultMemory::WriteSourceSize(result_fd, width_px, height_px);
}
}  // namespace

void PrepareOiio() {
  SetUpOiio();
  SetRefusalHandler(WriteVerdictAndExit);
  SetSizeHandler(WriteSize);
}

void RenderByOiio(const wire::Request& request, int source, int result) {
  result_fd = result;
  const auto reader = OiioReader(static_cast<ImageFormat>(request.format));
  const std::string path = "/proc/self/fd/" + std::to_string(source);
  Decoded decoded = ReadByOiio(path, std::string(reader.data(), reader.size()), DemandOf(request));
  ResultMemory memory(result, request.result_bytes);
  MakeThumbnails(std::move(decoded), request, memory);
}

}  // namespace hestia
