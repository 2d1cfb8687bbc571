#include "thumbnail-service/renderer/picture/resize.h"

#include <zimg.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "thumbnail-service/renderer/first_use.h"
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

using Graph = std::unique_ptr<zimg_filter_graph, FreeGraph>;

// What zimg has worked out for planes of one shape: its filters' weights take it longer than to
// apply them to a small plane, so planes that are alike share them.
class Scaler {
 public:
  Scaler(const Plane& shape, Size size);

  bool Fits(const Plane& plane, Size size) const {
    return plane.width() == from_.width && plane.height() == from_.height &&
           plane.covered_width == covered_width_ && plane.covered_height == covered_height_ &&
           size.width == to_.width && size.height == to_.height;
  }
  Plane Apply(const Plane& plane) const;

 private:
  const Size from_;
  const double covered_width_;
  const double covered_height_;
  const Size to_;
  Graph graph_;
  std::size_t scratch_bytes_ = 0;
};

Scaler::Scaler(const Plane& shape, Size size)
    : from_{shape.width(), shape.height()},
      covered_width_(shape.covered_width),
      covered_height_(shape.covered_height),
      to_(size) {
  NoteUse(Library::kResizer);
  zimg_image_format from = GreyFormat(from_.width, from_.height);
  from.active_region = {0, 0, std::min<double>(covered_width_, from_.width),
                        std::min<double>(covered_height_, from_.height)};
  const zimg_image_format to = GreyFormat(size.width, size.height);
  zimg_graph_builder_params parameters;
  zimg_graph_builder_params_default(&parameters, ZIMG_API_VERSION);
  // Between Lanczos' three lobes nobody could tell it from theirs; its weights are polynomials, for
  // which zimg takes half of the time.
  parameters.resample_filter = ZIMG_RESIZE_SPLINE36;
  parameters.cpu_type = ZIMG_CPU_AUTO_64B;
  graph_.reset(zimg_filter_graph_build(&from, &to, &parameters));
  if (graph_ == nullptr || zimg_filter_graph_get_tmp_size(graph_.get(), &scratch_bytes_) != 0) {
    RefuseResize();
  }
  if (scratch_bytes_ > kMaxScratchBytes) {
    Refuse(wire::Outcome::kTooLarge, "scaling %d x %d to %d x %d pixels needs %zu bytes",
           from_.width, from_.height, size.width, size.height, scratch_bytes_);
  }
}

Plane Scaler::Apply(const Plane& plane) const {
  // A plane is only a way to have aligned bytes here.
  constexpr int kLine = 4096;
  Plane scratch(kLine, static_cast<int>(scratch_bytes_ / kLine) + 1);
  Plane resized(to_.width, to_.height);
  zimg_image_buffer_const source{};
  source.version = ZIMG_API_VERSION;
  source.plane[0] = {plane.Row(0), static_cast<ptrdiff_t>(plane.stride()), ZIMG_BUFFER_MAX};
  zimg_image_buffer target{};
  target.version = ZIMG_API_VERSION;
  target.plane[0] = {resized.Row(0), static_cast<ptrdiff_t>(resized.stride()), ZIMG_BUFFER_MAX};
  if (zimg_filter_graph_process(graph_.get(), &source, &target, scratch.Row(0), nullptr, nullptr,
                                nullptr, nullptr) != 0) {
    RefuseResize();
  }
  return resized;
}
}  // namespace

Picture Resize(const Picture& picture, Size size, Chroma chroma) {
  const bool yuv = picture.colour == Colour::kYuvFull || picture.colour == Colour::kYuvLimited;
  std::optional<Scaler> scaler;
  const auto resize = [&](const Plane& plane, Size to) {
    if (plane.width() == to.width && plane.height() == to.height) return Copy(plane);
    if (!scaler.has_value() || !scaler->Fits(plane, to)) scaler.emplace(plane, to);
    return scaler->Apply(plane);
  };
  Picture resized;
  resized.colour = picture.colour;
  for (const Plane& plane : picture.planes) {
    const bool halved = yuv && chroma == Chroma::kHalf && !resized.planes.empty();
    resized.planes.push_back(
        resize(plane, halved ? Size{(size.width + 1) / 2, (size.height + 1) / 2} : size));
  }
  if (picture.alpha.has_value()) resized.alpha = resize(*picture.alpha, size);
  return resized;
}

}  // namespace hestia
