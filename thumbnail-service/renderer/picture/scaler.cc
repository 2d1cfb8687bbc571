#include "thumbnail-service/renderer/picture/scaler.h"

#include <algorithm>
#include <cstdint>

#include "thumbnail-service/renderer/first_use.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
constexpr std::size_t kMaxScratchBytes = std::size_t{256} << 20;

zimg_image_format GreyFormat(std::uint32_t width, std::uint32_t height) {
  zimg_image_format format;
  zimg_image_format_default(&format, ZIMG_API_VERSION);
  format.width = width;
  format.height = height;
  format.pixel_type = ZIMG_PIXEL_BYTE;
  format.color_family = ZIMG_COLOR_GREY;
  return format;
}
}  // namespace

std::optional<Scaler> Scaler::Make(const wire::Scaling& scaling, wire::Outcome& why) {
  NoteUse(Library::kResizer);
  zimg_image_format from = GreyFormat(scaling.from_width_px, scaling.from_height_px);
  from.active_region = {scaling.left, scaling.top, scaling.width, scaling.height};
  const zimg_image_format to = GreyFormat(scaling.to_width_px, scaling.to_height_px);
  zimg_graph_builder_params parameters;
  zimg_graph_builder_params_default(&parameters, ZIMG_API_VERSION);
  // Between Lanczos' three lobes nobody could tell it from theirs; its weights are polynomials, for
  // which zimg takes half of the time.
  parameters.resample_filter = ZIMG_RESIZE_SPLINE36;
  parameters.cpu_type = ZIMG_CPU_AUTO_64B;
  Graph graph(zimg_filter_graph_build(&from, &to, &parameters));
  std::size_t scratch_bytes = 0;
  why = wire::Outcome::kDecodeFailed;
  if (graph == nullptr || zimg_filter_graph_get_tmp_size(graph.get(), &scratch_bytes) != 0) {
    return std::nullopt;
  }
  why = wire::Outcome::kTooLarge;
  if (scratch_bytes > kMaxScratchBytes) return std::nullopt;
  return Scaler(scaling, std::move(graph), scratch_bytes);
}

Plane Scaler::Apply(const Plane& plane) const {
  // A plane is only a way to have aligned bytes here.
  constexpr int kLine = 4096;
  Plane scratch(kLine, static_cast<int>(scratch_bytes_ / kLine) + 1);
  Plane resized(static_cast<int>(scaling_.to_width_px), static_cast<int>(scaling_.to_height_px));
  zimg_image_buffer_const source{};
  source.version = ZIMG_API_VERSION;
  source.plane[0] = {plane.Row(0), static_cast<ptrdiff_t>(plane.stride()), ZIMG_BUFFER_MAX};
  zimg_image_buffer target{};
  target.version = ZIMG_API_VERSION;
  target.plane[0] = {resized.Row(0), static_cast<ptrdiff_t>(resized.stride()), ZIMG_BUFFER_MAX};
  if (zimg_filter_graph_process(graph_.get(), &source, &target, scratch.Row(0), nullptr, nullptr,
                                nullptr, nullptr) != 0) {
    RefuseForZimg();
  }
  return resized;
}

std::size_t EstimatedBytes(const wire::Scaling& scaling) {
  constexpr double kReach = 6;  // three lobes on each side, in pixels of the smaller picture
  constexpr double kWeightBytes = 6;
  constexpr double kRoundedUp = 8;
  constexpr std::size_t kGraphBytes = 4096;
  const auto side = [](double region, std::uint32_t to) {
    return (kReach * std::max(region / to, 1.0) + kRoundedUp) * to * kWeightBytes;
  };
  return kGraphBytes + static_cast<std::size_t>(side(scaling.width, scaling.to_width_px) +
                                                side(scaling.height, scaling.to_height_px));
}

void RefuseForZimg() {
  char message[200] = {};
  zimg_get_last_error(message, sizeof(message));
  Refuse(wire::Outcome::kDecodeFailed, "cannot be scaled: %s", message);
}

}  // namespace hestia
