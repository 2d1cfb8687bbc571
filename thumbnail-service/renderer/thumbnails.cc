#include "thumbnail-service/renderer/thumbnails.h"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "thumbnail-service/renderer/first_use.h"
#include "thumbnail-service/renderer/picture/frame.h"
#include "thumbnail-service/renderer/picture/kept_scalers.h"
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

// All sizes have the image's aspect, so the wider is the larger; a very narrow one's height tells.
std::vector<std::uint32_t> LargestFirst(const wire::Request& request, Size stored) {
  std::vector<std::uint32_t> order(request.image_count);
  std::iota(order.begin(), order.end(), 0U);
  const auto length = [&](std::uint32_t index) {
    const Size size = ScaledSize(stored, request.images[index]);
    return std::max(size.width, size.height);
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return length(a) > length(b); });
  return order;
}

bool IsYuv(const Picture& picture) {
  return picture.colour == Colour::kYuvFull || picture.colour == Colour::kYuvLimited;
}

std::vector<std::uint8_t> Encode(const Picture& picture, const wire::ImageSpec& spec) {
  const auto quality = static_cast<int>(spec.quality);
  const auto effort = static_cast<int>(spec.effort);
  if (spec.encoding == wire::Encoding::kPng) return EncodePng(picture, effort);
  const Size size{picture.width(), picture.height()};
  const Size half{(size.width + 1) / 2, (size.height + 1) / 2};
  if (IsYuv(picture) && (picture.planes[1].width() > half.width ||
                         picture.planes[1].height() > half.height)) {
    return Encode(Resize(picture, size, Chroma::kHalf), spec);
  }
  if (spec.encoding == wire::Encoding::kJpeg) return EncodeJpeg(picture, quality);
  if (spec.encoding == wire::Encoding::kAvif) return EncodeAvif(picture, quality, effort);
  return EncodeWebp(picture, quality, effort);
}

// PNG is the one format that can show all of the chroma there is.
Chroma ChromaFor(const wire::Request& request) {
  const bool whole = std::any_of(request.images, request.images + request.image_count,
                                 [](const wire::ImageSpec& spec) {
                                   return spec.encoding == wire::Encoding::kPng;
                                 });
  return whole ? Chroma::kWhole : Chroma::kHalf;
}

void Put(std::uint32_t index, const Picture& shown, const wire::ImageSpec& spec,
         ResultMemory& result) {
  result.Put(index, {shown.width(), shown.height()}, Encode(shown, spec));
}

// Whether two specifications make the same bytes of one picture.
bool EncodedAlike(const wire::ImageSpec& a, const wire::ImageSpec& b) {
  return a.encoding == b.encoding && a.quality == b.quality && a.effort == b.effort &&
         a.has_background == b.has_background && a.background == b.background;
}

// The image among `made`, which show all of the picture, that was encoded as `spec` says: a source
// smaller than several boxes is the same for each.
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
    : fd_(fd),
      size_bytes_(size_bytes),
      libraries_used_(LibrariesUsed()),
      used_bytes_(sizeof(wire::ResultHeader)) {
  ForgetScalingsMade();
}

void ResultMemory::Put(std::uint32_t index, Size size, std::span<const std::uint8_t> encoded) {
  if (encoded.size() > size_bytes_ - used_bytes_) {
    Refuse(wire::Outcome::kTooLarge, "the thumbnail has %zu bytes, %llu are left for it",
           encoded.size(), static_cast<unsigned long long>(size_bytes_ - used_bytes_));
  }
  WriteAt(fd_, encoded.data(), encoded.size(), used_bytes_);
  header_.images[index] = {static_cast<std::uint32_t>(size.width),
                           static_cast<std::uint32_t>(size.height), used_bytes_, encoded.size()};
  used_bytes_ += encoded.size();
  ++header_.encodes;
}

void ResultMemory::PutAgain(std::uint32_t index, std::uint32_t made) {
  header_.images[index] = header_.images[made];
}

void ResultMemory::Put(const Placeholder& placeholder) {
  static_assert(sizeof(header_.thumbhash) >= 25);
  header_.thumbhash_bytes = static_cast<std::uint32_t>(placeholder.thumbhash.size());
  std::copy(placeholder.thumbhash.begin(), placeholder.thumbhash.end(), header_.thumbhash);
  header_.has_dominant = placeholder.dominant.has_value() ? 1 : 0;
  header_.dominant = placeholder.dominant.value_or(0);
}

void ResultMemory::PutDamage(const std::string& damage) {
  std::strncpy(header_.detail, damage.c_str(), sizeof(header_.detail) - 1);
}

void ResultMemory::Finish(Size source, std::uint32_t image_count) {
  header_.magic = wire::kMagic;
  header_.version = wire::kVersion;
  header_.outcome = wire::Outcome::kRendered;
  header_.image_count = image_count;
  header_.source_width_px = static_cast<std::uint32_t>(source.width);
  header_.source_height_px = static_cast<std::uint32_t>(source.height);
  header_.first_uses = LibrariesUsed() & ~libraries_used_;
  const std::span<const wire::Scaling> made = ScalingsMade();
  header_.scaling_count = static_cast<std::uint32_t>(made.size());
  std::copy(made.begin(), made.end(), header_.scalings);
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
  // Around the size, which may stand there already: by it the service judges whether more memory
  // would help.
  WriteAt(fd, header.detail, sizeof(header.detail), offsetof(wire::ResultHeader, detail));
  WriteAt(fd, &header, offsetof(wire::ResultHeader, source_width_px), 0);
}

Demand DemandOf(const wire::Request& request) {
  Demand demand;
  demand.limits = request.limits;
  demand.source_bytes = request.source_bytes;
  demand.half_chroma = true;
  for (std::uint32_t i = 0; i < request.image_count; ++i) {
    const wire::ImageSpec& spec = request.images[i];
    int& side = spec.fit == wire::Fit::kCover ? demand.cover_px : demand.inside_px;
    side = std::max(side, static_cast<int>(spec.box_px));
    const bool halves =
        spec.encoding == wire::Encoding::kJpeg || spec.encoding == wire::Encoding::kWebp;
    demand.half_chroma = demand.half_chroma && halves;
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
  for (const std::uint32_t index : LargestFirst(request, decoded.stored)) {
    const wire::ImageSpec& spec = request.images[index];
    Size size = ScaledSize(decoded.stored, spec);
    if (upright && SwapsSides(decoded.orientation)) std::swap(size.width, size.height);
    const bool scaled =
        !upright || size.width != picture.width() || size.height != picture.height();
    if (scaled) of_this_size.clear();
    const bool convert = !upright && conversion.has_value();
    picture = Resize(picture, size, convert ? Chroma::kWhole : ChromaFor(request),
                     upright ? 1 : decoded.orientation);
    if (convert) picture = conversion->Apply(std::move(picture));
    if (!upright) picture = MakeUpright(std::move(picture), decoded.orientation);
    upright = true;
    if (NeedsFrame(picture, spec)) {
      const Picture framed = Frame(picture, spec);
      Put(index, framed, spec, result);
      continue;
    }
    const std::optional<std::uint32_t> made = MadeAlready(request, of_this_size, spec);
    if (made.has_value()) {
      result.PutAgain(index, *made);
    } else {
      Put(index, picture, spec, result);
      of_this_size.push_back(index);
    }
  }
  result.Put(MakePlaceholder(picture));
  result.PutDamage(decoded.damage);
  Size shown = decoded.told.value_or(decoded.stored);
  if (SwapsSides(decoded.orientation)) std::swap(shown.width, shown.height);
  result.Finish(shown, request.image_count);
}

}  // namespace hestia
