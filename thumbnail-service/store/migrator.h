#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_MIGRATOR_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_MIGRATOR_H_

#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "thumbnail-service/jobs/job.h"
#include "thumbnail-service/jobs/recipe.h"

namespace hestia {

// One numbered change of the schema; the numbers begin at 1 and have no gaps.
struct Migration {
  int number;
  const char* name;
  const char* sql;
};

// The migrations of this release, compiled in from store/migrations/.
absl::Span<const Migration> Migrations();

// Brings the database to this release's schema and seeds the recipes when there are none.
// One transaction under an advisory lock: any number of replicas may start at once, and a
// failure leaves everything as it was.
//   kFailedPrecondition  the schema is of a newer release: run that release
//   kUnavailable, kAborted  try again; kAborted also while another replica is at it
absl::Status Migrate(const std::string& url, const std::vector<Recipe>& seed);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_MIGRATOR_H_
