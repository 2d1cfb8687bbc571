#include "tests/bench/unjailed.h"

#include "thumbnail-service/render/render_request.h"
#include "thumbnail-service/render/render_result.h"
#include "thumbnail-service/renderer/image_child.h"

namespace hestia {

bool RenderInThisProcess(const SourceFile& source, absl::Span<const Recipe> recipes,
                         const RenderLimits& limits) {
  const absl::StatusOr<ResultBuffer> result = ResultBuffer::Make(recipes);
  if (!result.ok()) return false;
  const wire::Request request = MakeRequest(source, recipes, limits, result->size_bytes());
  RenderImage(request, source.bytes.get(), result->fd());
  return result->Read(recipes).ok();
}

}  // namespace hestia
