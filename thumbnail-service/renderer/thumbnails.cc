#include "thumbnail-service/renderer/thumbnails.h"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "thumbnail-service/renderer/picture/orientation.h"
#include "thumbnail-service/renderer/picture/resize.h"
#include "thumbnail-service/renderer/picture/srgb_conversion.h"
#include "thumbnail-service/renderer/refuse.h"
#include "thumbnail-service/renderer/write/encoders.h"

namespace hestia {
namespace {
void WriteAt(int fd, const void* data, std::size_t size, std::uint64_t offset) {
  const auto* bytes = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::pwrite(fd, bytes, size, static_cast<off_t>(offset));
    if (written <= 0) ::_exit(EXIT_FAILURE);
    bytes += written;
    size -= static_cast<std::size_t>(written);
    offset += static_cast<std::uint64_t>(written);
  }
}

std::vector<std::uint32_t> LargestFirst(const wire::Request& request) {
  std::vector<std::uint32_t> order(request.image_count);
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return request.images[a].box_px > request.images[b].box_px;
  });
  return order;
}

std::vector<std::uint8_t> Encode(const Picture& picture, const wire::ImageSpec& spec) {
  const auto quality = static_cast<int>(spec.quality);
  return spec.encoding == wire::Encoding::kJpeg
             ? EncodeJpeg(picture, quality)
             : EncodeWebp(picture, quality, static_cast<int>(spec.effort));
}
// Whether two specifications make the same bytes of one picture.
bool EncodedAlike(const wire::ImageSpec& a, const wire::ImageSpec& b) {
  return a.encoding == b.encoding && a.quality == b.quality && a.effort == b.effort;
}

// The image among those made already that is the picture encoded as `spec` says: a source smaller
// than several boxes is the same for each.
std::optional<std::uint32_t> MadeAlready(const wire::Request& request,
                                         std::span<const std::uint32_t> made,
                                         const wire::ImageSpec& spec) {
  for (const std::uint32_t index : made) {
    if (EncodedAlike(request.images[index], spec)) return index;
  }
  return std::nullopt;
}
}  // namespace

ResultMemory::ResultMemory(int fd, std::uint64_t size_bytes)
    : fd_(fd), size_bytes_(size_bytes), used_bytes_(sizeof(wire::ResultHeader)) {}

void ResultMemory::Put(std::uint32_t index, Size size, std::span<const std::uint8_t> encoded) {
  if (encoded.size() > size_bytes_ - used_bytes_) {
    Refuse(wire::Outcome::kTooLarge, "the thumbnail has %zu bytes, %llu are left for it",
           encoded.size(), static_cast<unsigned long long>(size_bytes_ - used_bytes_));
  }
  WriteAt(fd_, encoded.data(), encoded.size(), used_bytes_);
  header_.images[index] = {static_cast<std::uint32_t>(size.width),
                           static_cast<std::uint32_t>(size.height), used_bytes_, encoded.size()};
  used_bytes_ += encoded.size();
}

void ResultMemory::PutAgain(std::uint32_t index, std::uint32_t made) {
  header_.images[index] = header_.images[made];
}

void ResultMemory::Finish(Size stored, std::uint32_t image_count) {
  header_.magic = wire::kMagic;
  header_.version = wire::kVersion;
  header_.outcome = wire::Outcome::kRendered;
  header_.image_count = image_count;
  header_.source_width_px = static_cast<std::uint32_t>(stored.width);
  header_.source_height_px = static_cast<std::uint32_t>(stored.height);
  WriteAt(fd_, &header_, sizeof(header_), 0);
}

void ResultMemory::WriteSourceSize(int fd, std::uint32_t width_px, std::uint32_t height_px) {
  const std::uint32_t size[] = {width_px, height_px};
  static_assert(offsetof(wire::ResultHeader, source_height_px) ==
                offsetof(wire::ResultHeader, source_width_px) + sizeof(std::uint32_t));
  WriteAt(fd, size, sizeof(size), offsetof(wire::ResultHeader, source_width_px));
}

void ResultMemory::WriteVerdict(int fd, wire::Outcome outcome, const char* detail) {
  wire::ResultHeader header;
  header.magic = wire::kMagic;
  header.version = wire::kVersion;
  header.outcome = outcome;
  std::strncpy(header.detail, detail, sizeof(header.detail) - 1);
  WriteAt(fd, &header, sizeof(header), 0);
}

Demand DemandOf(const wire::Request& request) {
  Demand demand;
  demand.limits = request.limits;
  for (std::uint32_t i = 0; i < request.image_count; ++i) {
    demand.box_px = std::max(demand.box_px, static_cast<int>(request.images[i].box_px));
  }
  return demand;
}

void MakeThumbnails(Decoded decoded, const wire::Request& request, ResultMemory& result) {
  Picture picture = std::move(decoded.picture);
  // At the largest thumbnail's size, so that it costs little.
  const std::optional<SrgbConversion> conversion =
      SrgbConversion::For(picture, decoded.profile);
  bool upright = false;
  std::vector<std::uint32_t> of_this_size;
  for (const std::uint32_t index : LargestFirst(request)) {
    const wire::ImageSpec& spec = request.images[index];
    Size size = FitInside(decoded.stored, static_cast<int>(spec.box_px));
    if (upright && SwapsSides(decoded.orientation)) std::swap(size.width, size.height);
    const bool scaled = !upright || size.width != picture.width() || size.height != picture.height();
    if (scaled) of_this_size.clear();
    const std::optional<std::uint32_t> made = MadeAlready(request, of_this_size, spec);
    if (made.has_value()) {
      result.PutAgain(index, *made);
      continue;
    }
    of_this_size.push_back(index);
    const bool convert = !upright && conversion.has_value();
    picture = Resize(picture, size, convert ? Chroma::kWhole : Chroma::kHalf);
    if (convert) picture = conversion->Apply(std::move(picture));
    if (!upright) picture = MakeUpright(std::move(picture), decoded.orientation);
    upright = true;
    result.Put(index, {picture.width(), picture.height()}, Encode(picture, spec));
  }
  result.Finish(decoded.stored, request.image_count);
}

}  // namespace hestia
