#ifndef HESTIA_THUMBNAIL_SERVICE_RPC_OPERATOR_PARTS_H_
#define HESTIA_THUMBNAIL_SERVICE_RPC_OPERATOR_PARTS_H_

#include <functional>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "thumbnail-service/jobs/format_ability.h"
#include "thumbnail-service/store/pg_explainer.h"
#include "thumbnail-service/store/pg_recipe_book.h"
#include "thumbnail-service/store/pg_steering.h"

namespace hestia {

// What the calls of people who run the service need besides the catalog. Borrowed.
struct OperatorParts {
  PgSteering& steering;
  PgRecipeBook& recipes;
  PgExplainer& explainer;
  // How long what is kept of removed files is kept.
  absl::Duration removal_grace;
  // Drains this replica; blocks until that is done, at most until `deadline`.
  //   kDeadlineExceeded  it goes on.
  std::function<absl::Status(absl::Time deadline)> drain;
  // Which formats can be read and written; the first call asks the renderer programs and blocks.
  //   kUnavailable  RENDERER_UNAVAILABLE: ask again later.
  std::function<absl::StatusOr<std::vector<FormatAbility>>()> capabilities;
  // Ends the process as SIGTERM does. Returns at once.
  std::function<void()> exit;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RPC_OPERATOR_PARTS_H_
