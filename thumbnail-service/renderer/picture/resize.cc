#include "thumbnail-service/renderer/picture/resize.h"

#include <zimg.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
constexpr std::size_t kMaxScratchBytes = std::size_t{256} << 20;

struct FreeGraph {
  void operator()(zimg_filter_graph* graph) const { zimg_filter_graph_free(graph); }
};

zimg_image_format GreyFormat(int width, int height) {
  zimg_image_format format;
  zimg_image_format_default(&format, ZIMG_API_VERSION);
  format.width = static_cast<unsigned>(width);
  format.height = static_cast<unsigned>(height);
  format.pixel_type = ZIMG_PIXEL_BYTE;
  format.color_family = ZIMG_COLOR_GREY;
  return format;
}

[[noreturn]] void RefuseResize() {
  char message[200] = {};
  zimg_get_last_error(message, sizeof(message));
  Refuse(wire::Outcome::kDecodeFailed, "cannot be scaled: %s", message);
}

Plane Copy(const Plane& plane) {
  Plane copy(plane.width(), plane.height());
  std::memcpy(copy.Row(0), plane.Row(0), plane.stride() * static_cast<std::size_t>(plane.height()));
  copy.covered_width = plane.covered_width;
  copy.covered_height = plane.covered_height;
  return copy;
}

Plane ResizePlane(const Plane& plane, Size size) {
  if (plane.width() == size.width && plane.height() == size.height) return Copy(plane);
  zimg_image_format from = GreyFormat(plane.width(), plane.height());
  from.active_region = {0, 0, std::min<double>(plane.covered_width, plane.width()),
                        std::min<double>(plane.covered_height, plane.height())};
  const zimg_image_format to = GreyFormat(size.width, size.height);
  zimg_graph_builder_params parameters;
  zimg_graph_builder_params_default(&parameters, ZIMG_API_VERSION);
  parameters.resample_filter = ZIMG_RESIZE_LANCZOS;
  parameters.filter_param_a = 3;
  parameters.cpu_type = ZIMG_CPU_AUTO_64B;
  const std::unique_ptr<zimg_filter_graph, FreeGraph> graph(
      zimg_filter_graph_build(&from, &to, &parameters));
  std::size_t scratch_bytes = 0;
  if (graph == nullptr || zimg_filter_graph_get_tmp_size(graph.get(), &scratch_bytes) != 0) {
    RefuseResize();
  }
  if (scratch_bytes > kMaxScratchBytes) {
    Refuse(wire::Outcome::kTooLarge, "scaling %d x %d to %d x %d pixels needs %zu bytes",
           plane.width(), plane.height(), size.width, size.height, scratch_bytes);
  }
  // A plane is only a way to have aligned bytes here.
  constexpr int kLine = 4096;
  Plane scratch(kLine, static_cast<int>(scratch_bytes / kLine) + 1);
  Plane resized(size.width, size.height);
  zimg_image_buffer_const source{};
  source.version = ZIMG_API_VERSION;
  source.plane[0] = {plane.Row(0), static_cast<ptrdiff_t>(plane.stride()), ZIMG_BUFFER_MAX};
  zimg_image_buffer target{};
  target.version = ZIMG_API_VERSION;
  target.plane[0] = {resized.Row(0), static_cast<ptrdiff_t>(resized.stride()), ZIMG_BUFFER_MAX};
  if (zimg_filter_graph_process(graph.get(), &source, &target, scratch.Row(0), nullptr, nullptr,
                                nullptr, nullptr) != 0) {
    RefuseResize();
  }
  return resized;
}
}  // namespace

Picture Resize(const Picture& picture, Size size, Chroma chroma) {
  const bool yuv = picture.colour == Colour::kYuvFull || picture.colour == Colour::kYuvLimited;
  Picture resized;
  resized.colour = picture.colour;
  for (const Plane& plane : picture.planes) {
    const bool halved = yuv && chroma == Chroma::kHalf && !resized.planes.empty();
    resized.planes.push_back(
        ResizePlane(plane, halved ? Size{(size.width + 1) / 2, (size.height + 1) / 2} : size));
  }
  if (picture.alpha.has_value()) resized.alpha = ResizePlane(*picture.alpha, size);
  return resized;
}

}  // namespace hestia
