#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_RENDER_REQUEST_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_RENDER_REQUEST_H_

#include <cstdint>

#include <absl/types/span.h>

#include "thumbnail-service/jobs/recipe.h"
#include "thumbnail-service/render/renderer.h"
#include "thumbnail-service/render/source_file.h"
#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// What a renderer is asked for, but for the request's number and its jail. At most kMaxRecipes
// recipes.
wire::Request MakeRequest(const SourceFile& source, absl::Span<const Recipe> recipes,
                          const RenderLimits& limits, std::uint64_t result_bytes);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_RENDER_REQUEST_H_
