#include "thumbnail-service/render/render_request.h"

#include <algorithm>

#include <absl/time/time.h>

namespace hestia {
namespace {
static_assert(kMaxRecipes == static_cast<int>(wire::kMaxImages));

wire::Encoding ToWire(OutputFormat format) {
  switch (format) {
    case OutputFormat::kJpeg:
      return wire::Encoding::kJpeg;
    case OutputFormat::kPng:
      return wire::Encoding::kPng;
    case OutputFormat::kAvif:
      return wire::Encoding::kAvif;
    case OutputFormat::kWebp:
      break;
  }
  return wire::Encoding::kWebp;
}

wire::Fit ToWire(Fit fit) {
  switch (fit) {
    case Fit::kCover:
      return wire::Fit::kCover;
    case Fit::kContain:
      return wire::Fit::kContain;
    case Fit::kInside:
      break;
  }
  return wire::Fit::kInside;
}

wire::ImageSpec ToWire(const Recipe& recipe) {
  wire::ImageSpec spec;
  spec.box_px = static_cast<std::uint32_t>(recipe.box_px);
  spec.encoding = ToWire(recipe.format);
  spec.quality = static_cast<std::uint32_t>(recipe.quality);
  spec.effort = static_cast<std::uint32_t>(recipe.effort);
  spec.fit = ToWire(recipe.fit);
  spec.has_background = recipe.background.has_value() ? 1 : 0;
  spec.background = recipe.background.value_or(Rgb{}).Packed();
  return spec;
}

wire::Limits ToWire(const RenderLimits& limits, ImageFormat format) {
  const absl::Duration whole = absl::Ceil(limits.timeout, absl::Seconds(1));
  const auto pixels = [&](std::int64_t common) {
    return static_cast<std::uint64_t>(PixelLimit(limits.formats, format, common));
  };
  wire::Limits sent;
  sent.max_scaled_pixels = pixels(limits.max_scaled_pixels);
  sent.max_pixels = pixels(limits.max_pixels);
  const auto limit = [&](std::int64_t FormatLimit::*which, std::int64_t common) {
    return static_cast<std::uint64_t>(LimitOf(limits.formats, format, which, common));
  };
  sent.max_side_px = limit(&FormatLimit::max_side_px, limits.max_side_px);
  sent.max_channels = limit(&FormatLimit::max_channels, limits.max_channels);
  sent.max_frames = limit(&FormatLimit::max_frames, limits.max_frames);
  sent.max_ratio = limit(&FormatLimit::max_ratio, limits.max_ratio);
  sent.max_scans = limit(&FormatLimit::max_scans, limits.max_scans);
  sent.max_chunk_bytes = limit(&FormatLimit::max_chunk_bytes, limits.max_chunk_bytes);
  sent.max_icc_bytes = limit(&FormatLimit::max_icc_bytes, limits.max_icc_bytes);
  sent.max_exif_bytes = limit(&FormatLimit::max_exif_bytes, limits.max_exif_bytes);
  sent.max_memory_bytes = static_cast<std::uint64_t>(limits.max_memory_bytes);
  sent.timeout_seconds = static_cast<std::uint64_t>(absl::ToInt64Seconds(whole));
  sent.render_damaged = limits.render_damaged ? 1 : 0;
  return sent;
}
}  // namespace

wire::Request MakeRequest(const SourceFile& source, absl::Span<const Recipe> recipes,
                          const RenderLimits& limits, std::uint64_t result_bytes) {
  wire::Request request;
  request.preamble.kind = wire::Kind::kRequest;
  request.format = static_cast<std::uint32_t>(source.format);
  request.image_count = static_cast<std::uint32_t>(recipes.size());
  request.source_bytes = static_cast<std::uint64_t>(source.identity.size_bytes);
  request.result_bytes = result_bytes;
  request.limits = ToWire(limits, source.format);
  std::transform(recipes.begin(), recipes.end(), request.images,
                 [](const Recipe& recipe) { return ToWire(recipe); });
  return request;
}

}  // namespace hestia
