#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_SCALER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_SCALER_H_

#include <zimg.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "thumbnail-service/renderer/picture/picture.h"
#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// What zimg has worked out to scale planes of one shape: its filters' weights take it longer than
// to apply them to a small plane, so planes that are alike share them.
//
// Thread-safety: immutable. Memory: EstimatedBytes(), and while it is made some times that.
class Scaler {
 public:
  // None where zimg does not know how (`why`: kDecodeFailed; zimg_get_last_error tells more), or
  // where its scratch would pass 256 MiB (kTooLarge). Never refuses.
  static std::optional<Scaler> Make(const wire::Scaling& scaling, wire::Outcome& why);

  const wire::Scaling& scaling() const { return scaling_; }

  // `plane` has the size that is scaled from. Refuses (refuse.h) what zimg fails at.
  Plane Apply(const Plane& plane) const;

 private:
  struct Free {
    void operator()(zimg_filter_graph* graph) const { zimg_filter_graph_free(graph); }
  };
  using Graph = std::unique_ptr<zimg_filter_graph, Free>;

  Scaler(const wire::Scaling& scaling, Graph graph, std::size_t scratch_bytes)
      : scaling_(scaling), graph_(std::move(graph)), scratch_bytes_(scratch_bytes) {}

  wire::Scaling scaling_;
  Graph graph_;
  std::size_t scratch_bytes_;
};

// What a scaler takes: what any does and, for each pixel of a column and of a row of the result, as
// many weights as its filter reaches over, in two forms.
std::size_t EstimatedBytes(const wire::Scaling& scaling);

// What zimg says of its last failure, for people.
[[noreturn]] void RefuseForZimg();

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_SCALER_H_
