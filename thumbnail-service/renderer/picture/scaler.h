#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_SCALER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_SCALER_H_

#include <zimg.h>

#include <cstddef>
#include <memory>

#include "thumbnail-service/renderer/picture/picture.h"
#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// What zimg has worked out to scale planes of one shape: its filters' weights take it longer than
// to apply them to a small plane, so planes that are alike share them.
//
// Thread-safety: immutable. Memory: EstimatedBytes(), and while it is made some times that.
class Scaler {
 public:
  // Refuses (refuse.h) a scaling that zimg does not know, and with TOO_LARGE one whose scratch
  // would pass 256 MiB.
  explicit Scaler(const wire::Scaling& scaling);

  const wire::Scaling& scaling() const { return scaling_; }

  // `plane` has the size that is scaled from.
  Plane Apply(const Plane& plane) const;

 private:
  struct Free {
    void operator()(zimg_filter_graph* graph) const { zimg_filter_graph_free(graph); }
  };

  const wire::Scaling scaling_;
  std::unique_ptr<zimg_filter_graph, Free> graph_;
  std::size_t scratch_bytes_ = 0;
};

// What a scaler's weights take: for each pixel of a column and of a row of the result as many as
// its filter reaches over, in two forms.
std::size_t EstimatedBytes(const wire::Scaling& scaling);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_SCALER_H_
