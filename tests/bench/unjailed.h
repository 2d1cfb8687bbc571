#ifndef HESTIA_TESTS_BENCH_UNJAILED_H_
#define HESTIA_TESTS_BENCH_UNJAILED_H_

#include <absl/types/span.h>

#include "thumbnail-service/render/renderer.h"

namespace hestia {

// Renders as thumbnail-renderer does, its answer checked as ever, but in this very process,
// without any jail. A refusal ends the process. Whether there is a credible answer.
bool RenderInThisProcess(const SourceFile& source, absl::Span<const Recipe> recipes,
                         const RenderLimits& limits);

}  // namespace hestia

#endif  // HESTIA_TESTS_BENCH_UNJAILED_H_
