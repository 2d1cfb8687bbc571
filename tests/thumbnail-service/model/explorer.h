#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_MODEL_EXPLORER_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_MODEL_EXPLORER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "thumbnail-service/model/rules.h"

namespace hestia::model {

// What an exploration found.
struct Finding {
  Property broken = Property::kNone;
  std::vector<std::string> trace;  // the shortest way there, a sentence a step
  std::size_t states = 0;          // distinct ones
  std::size_t depth = 0;           // steps to the furthest one
  std::size_t steps = 0;
};

// Goes through every state that can be reached, breadth-first, in any order of all actors'
// steps, until a property is broken or nothing new is found; then looks for a state from which
// the steps that are no faults do not lead to Converged any more. A broken `overlooked` does not
// end it: so it is seen what harm would follow.
//
// Memory: some 70 bytes a state and 8 a step that is no fault.
Finding Explore(const Rules& rules, const Bounds& bounds,
                Property overlooked = Property::kNone);

// The finding for people.
std::string Describe(const Finding& finding);

}  // namespace hestia::model

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_MODEL_EXPLORER_H_
