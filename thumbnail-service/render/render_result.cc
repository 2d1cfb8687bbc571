#include "thumbnail-service/render/render_result.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

#include <absl/strings/str_cat.h>

#include "common/error_reason.h"
#include "thumbnail-service/render/encoded_size.h"
#include "thumbnail-service/render/placeholder.h"
#include "thumbnail-service/renderer/wire.h"

namespace hestia {
namespace {
// An encoder that makes noise larger than 4 bytes a pixel, and a little for PNG's blocks, is
// broken; tables and headers are what a tiny image consists of.
constexpr std::uint64_t kMostBytesPerPixel = 5;
constexpr std::uint64_t kHeadRoomBytes = 16384;
constexpr std::uint32_t kMostSourcePx = 1U << 30;

// Room for one thumbnail at its worst.
std::uint64_t MostBytes(const Recipe& recipe) {
  const auto side = static_cast<std::uint64_t>(recipe.box_px);
  return side * side * kMostBytesPerPixel + kHeadRoomBytes;
}

absl::Status Trouble(absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(errno)));
}

bool ReadAt(int fd, void* target, std::size_t size, std::uint64_t offset) {
  return ::pread(fd, target, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
}

// What a hostile process wrote, fit for a log line and a database column.
std::string Printable(const char* text, std::size_t size) {
  std::string printable(text, ::strnlen(text, size));
  std::replace_if(
      printable.begin(), printable.end(), [](unsigned char c) { return c < 0x20 || c > 0x7e; },
      '?');
  return printable;
}

absl::Status Verdict(const wire::ResultHeader& header) {
  const std::string detail = Printable(header.detail, sizeof(header.detail));
  switch (header.outcome) {
    case wire::Outcome::kDecodeFailed:
      return WithReason(absl::InvalidArgumentError(detail), "DECODE_FAILED");
    case wire::Outcome::kTooLarge:
      return WithReason(absl::ResourceExhaustedError(detail), "TOO_LARGE");
    case wire::Outcome::kNeedsMemory:
      return WithReason(absl::ResourceExhaustedError(detail), "NEEDS_MEMORY");
    case wire::Outcome::kUnsupported:
      return WithReason(absl::UnimplementedError(detail), "UNSUPPORTED_FORMAT");
    default:
      return DecoderCrashed("the renderer ended without an answer");
  }
}

// Whether the recipe allows a thumbnail of that size.
bool Fits(const EncodedSize& size, const Recipe& recipe) {
  if (recipe.fit == Fit::kContain) {
    return size.width_px == recipe.box_px && size.height_px == recipe.box_px;
  }
  return size.width_px >= 1 && size.height_px >= 1 && size.width_px <= recipe.box_px &&
         size.height_px <= recipe.box_px &&
         (recipe.fit == Fit::kInside || size.width_px == size.height_px);
}

absl::StatusOr<RenderedImage> ReadImage(int fd, std::uint64_t buffer_bytes,
                                        const wire::ResultImage& said, const Recipe& recipe) {
  // Each its own room: sixteen images that all claim the whole memory would be copied.
  if (said.size_bytes > std::min(buffer_bytes, MostBytes(recipe)) ||
      said.offset > buffer_bytes - said.size_bytes) {
    return DecoderCrashed("an image lies outside of the shared memory");
  }
  RenderedImage image;
  image.format = recipe.format;
  image.data.resize(said.size_bytes);
  if (!ReadAt(fd, image.data.data(), image.data.size(), said.offset)) return Trouble("pread");
  const std::optional<EncodedSize> size = SizeOfEncoded(recipe.format, image.data);
  if (!size.has_value()) {
    return DecoderCrashed(absl::StrCat("the renderer's answer is no ", FormatName(recipe.format)));
  }
  if (!Fits(*size, recipe) || static_cast<std::uint32_t>(size->width_px) != said.width_px ||
      static_cast<std::uint32_t>(size->height_px) != said.height_px) {
    return DecoderCrashed(absl::StrCat("a thumbnail of ", size->width_px, " x ", size->height_px,
                                       " pixels, ", FitName(recipe.fit), " a box of ",
                                       recipe.box_px));
  }
  image.width_px = size->width_px;
  image.height_px = size->height_px;
  return image;
}
}  // namespace

absl::Status DecoderCrashed(absl::string_view what) {
  return WithReason(absl::AbortedError(what), "DECODER_CRASHED");
}

absl::StatusOr<ResultBuffer> ResultBuffer::Make(absl::Span<const Recipe> recipes) {
  std::uint64_t size = sizeof(wire::ResultHeader);
  for (const Recipe& recipe : recipes) size += MostBytes(recipe);
  UniqueFd fd(::memfd_create("hestia-result", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd.valid()) return Trouble("memfd_create");
  if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) return Trouble("ftruncate");
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (::fcntl(fd.get(), F_ADD_SEALS, kSeals) != 0) return Trouble("F_ADD_SEALS");
  return ResultBuffer(std::move(fd), size);
}

absl::StatusOr<Rendering> ResultBuffer::Read(absl::Span<const Recipe> recipes) const {
  wire::ResultHeader header;
  if (!ReadAt(fd(), &header, sizeof(header), 0)) return Trouble("pread");
  if (header.magic != wire::kMagic || header.version != wire::kVersion) {
    return DecoderCrashed("the renderer ended without an answer");
  }
  if (header.outcome != wire::Outcome::kRendered) return Verdict(header);
  const auto plausible = [](std::uint32_t side) { return side >= 1 && side <= kMostSourcePx; };
  if (header.image_count != recipes.size() || !plausible(header.source_width_px) ||
      !plausible(header.source_height_px)) {
    return DecoderCrashed("the renderer's answer does not match the request");
  }
  std::optional<Placeholder> placeholder = ReadPlaceholder(header);
  if (!placeholder.has_value()) return DecoderCrashed("the renderer's placeholder is none");
  Rendering rendering;
  rendering.placeholder = *std::move(placeholder);
  rendering.damage = Printable(header.detail, sizeof(header.detail));
  rendering.encodes = static_cast<int>(std::min(header.encodes, wire::kMaxImages));
  rendering.first_uses = std::popcount(header.first_uses);
  rendering.scalings_made = static_cast<int>(std::min(header.scaling_count, wire::kMaxScalings));
  rendering.source_width_px = static_cast<int>(header.source_width_px);
  rendering.source_height_px = static_cast<int>(header.source_height_px);
  for (std::size_t i = 0; i < recipes.size(); ++i) {
    absl::StatusOr<RenderedImage> image =
        ReadImage(fd(), size_bytes_, header.images[i], recipes[i]);
    if (!image.ok()) return image.status();
    rendering.images.push_back(*std::move(image));
  }
  return rendering;
}

}  // namespace hestia
