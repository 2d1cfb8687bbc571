#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_MODEL_PROPERTIES_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_MODEL_PROPERTIES_H_

#include "thumbnail-service/model/rules.h"
#include "thumbnail-service/model/state.h"

namespace hestia::model {

// The first property that does not hold in `state`; kNone when all do. Those of a step are
// told by the step, see Successor.
Property FirstBroken(const State& state, const Bounds& bounds);

// Nothing is left to do: the tables equal the disk, each file has the thumbnail of its bytes,
// and the cursor stands at the watcher's newest point.
bool Converged(const State& state, const Bounds& bounds);

}  // namespace hestia::model

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_MODEL_PROPERTIES_H_
