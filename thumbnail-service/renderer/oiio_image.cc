#include "thumbnail-service/renderer/oiio_image.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "thumbnail-service/render/image_format.h"
#include "thumbnail-service/renderer/read/bmp_reader.h"
#include "thumbnail-service/renderer/read/heif_reader.h"
#include "thumbnail-service/renderer/read/icon_reader.h"
#include "thumbnail-service/renderer/read/jxl_reader.h"
#include "thumbnail-service/renderer/read/oiio_reader.h"
#include "thumbnail-service/renderer/read/pdf_reader.h"
#include "thumbnail-service/renderer/read/psd_reader.h"
#include "thumbnail-service/renderer/read/raw_preview.h"
#include "thumbnail-service/renderer/read/readers.h"
#include "thumbnail-service/renderer/read/svg_reader.h"
#include "thumbnail-service/renderer/read/video_reader.h"
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

// By the readers that take bytes; JPEG, PNG and WebP come here when AVIF is wanted of them.
Decoded ReadBytes(std::uint32_t format, std::span<const std::uint8_t> bytes, const Demand& demand) {
  switch (static_cast<ImageFormat>(format)) {
    case ImageFormat::kBmp:
      return ReadBmp(bytes, demand);
    case ImageFormat::kHeif:
      return ReadHeif(bytes, demand);
    case ImageFormat::kSvg:
      return ReadSvg(bytes, demand);
    case ImageFormat::kJpegXl:
      return ReadJxl(bytes, demand);
    case ImageFormat::kPdf:
      return ReadPdf(bytes, demand);
    case ImageFormat::kVideo:
      return ReadVideo(bytes, demand);
    default:
      return ReadByOwnReader(format, bytes, demand);
  }
}

// What `read` makes of the source's bytes, which take address space only meanwhile.
template <typename Reader>
auto FromMemory(const wire::Request& request, int source, Reader read) {
  void* mapped = ::mmap(nullptr, request.source_bytes, PROT_READ, MAP_PRIVATE, source, 0);
  if (mapped == MAP_FAILED) RefuseForMemory();
  auto made = read(std::span(static_cast<const std::uint8_t*>(mapped), request.source_bytes));
  ::munmap(mapped, request.source_bytes);
  return made;
}

Decoded Read(const wire::Request& request, int source) {
  const auto format = static_cast<ImageFormat>(request.format);
  const auto reader = OiioReader(format);
  const Demand demand = DemandOf(request);
  if (reader.empty() || format == ImageFormat::kBmp) {
    return FromMemory(request, source, [&](std::span<const std::uint8_t> bytes) {
      return ReadBytes(request.format, bytes, demand);
    });
  }
  const std::string path = "/proc/self/fd/" + std::to_string(source);
  // Some pictures are in files of these kinds that OpenImageIO need not, or cannot, read.
  if (format == ImageFormat::kCameraRaw || format == ImageFormat::kPsd ||
      format == ImageFormat::kIco) {
    std::optional<Decoded> own =
        FromMemory(request, source, [&](std::span<const std::uint8_t> bytes) {
          return format == ImageFormat::kPsd   ? ReadPsd(bytes, demand)
                 : format == ImageFormat::kIco ? ReadIconPng(path, bytes, demand)
                                               : ReadRawPreview(bytes, demand);
        });
    if (own.has_value()) return *std::move(own);
  }
  return ReadByOiio(path, std::string(reader.data(), reader.size()), demand);
}
}  // namespace

void PrepareOiio() {
  SetUpOiio();
  SetUpSvg();
  SetRefusalHandler(WriteVerdictAndExit);
  SetSizeHandler(WriteSize);
}

void RenderByOiio(const wire::Request& request, int source, int result) {
  result_fd = result;
  ResultMemory memory(result, request.result_bytes);
  Decoded decoded = Read(request, source);
  MakeThumbnails(std::move(decoded), request, memory);
}

}  // namespace hestia
