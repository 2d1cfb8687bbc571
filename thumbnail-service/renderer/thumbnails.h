#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_THUMBNAILS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_THUMBNAILS_H_

#include <cstdint>
#include <span>
#include <string>

#include "thumbnail-service/renderer/picture/placeholder.h"
#include "thumbnail-service/renderer/read/readers.h"
#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// Where a request's answer is put: the shared memory of wire.h.
//
// Thread-safety: none. Ownership: borrows the descriptor.
class ResultMemory {
 public:
  // Before the image is read: which libraries and scalings are new to the process counts from here.
  ResultMemory(int fd, std::uint64_t size_bytes);

  // Puts one encoded image as number `index`. Refuses when there is no room.
  void Put(std::uint32_t index, Size size, std::span<const std::uint8_t> encoded);
  // Makes image `made` count as number `index` too.
  void PutAgain(std::uint32_t index, std::uint32_t made);
  void Put(const Placeholder& placeholder);
  void PutDamage(const std::string& damage);
  // Writes the header, with the source's size as it is shown; nothing counts before.
  void Finish(Size source, std::uint32_t image_count);

  // Writes the size by the header, ahead of everything else. Allocates nothing.
  static void WriteSourceSize(int fd, std::uint32_t width_px, std::uint32_t height_px);
  // Writes a verdict instead of images; a size written before stays. Allocates nothing.
  static void WriteVerdict(int fd, wire::Outcome outcome, const char* detail);

 private:
  const int fd_;
  const std::uint64_t size_bytes_;
  const std::uint32_t libraries_used_;
  std::uint64_t used_bytes_;
  wire::ResultHeader header_;
};

// What a request asks of the readers.
Demand DemandOf(const wire::Request& request);

// The whole way behind the decoder: scale to the largest thumbnail, convert to sRGB, turn upright, scale
// that to each smaller one, encode; of the smallest, the placeholder. What would be the same bytes is
// encoded once.
void MakeThumbnails(Decoded decoded, const wire::Request& request, ResultMemory& result);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_THUMBNAILS_H_
