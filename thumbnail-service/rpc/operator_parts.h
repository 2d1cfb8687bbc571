#ifndef HESTIA_THUMBNAIL_SERVICE_RPC_OPERATOR_PARTS_H_
#define HESTIA_THUMBNAIL_SERVICE_RPC_OPERATOR_PARTS_H_

#include <functional>

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "thumbnail-service/store/pg_explainer.h"
#include "thumbnail-service/store/pg_recipe_book.h"
#include "thumbnail-service/store/pg_steering.h"

namespace hestia {

// What the calls of people who run the service need besides the catalog. Borrowed.
struct OperatorParts {
  PgSteering& steering;
  PgRecipeBook& recipes;
  PgExplainer& explainer;
  // Drains this replica; blocks until that is done, at most until `deadline`.
  //   kDeadlineExceeded  it goes on.
  std::function<absl::Status(absl::Time deadline)> drain;
  // Ends the process as SIGTERM does. Returns at once.
  std::function<void()> exit;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RPC_OPERATOR_PARTS_H_
