#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_EXPLAINER_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_EXPLAINER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "thumbnail-service/store/pg_pool.h"

namespace hestia {

// Everything the database knows about one file, in words.
//
// Thread-safety: every method from any thread. Blocking: waits for the database.
class PgExplainer {
 public:
  // A name and a value, in the order in which a person would ask.
  using Facts = std::vector<std::pair<std::string, std::string>>;

  PgExplainer(const std::string& url, std::string decoder_version, int connections);

  // nullopt: ingest knows no such file. kUnavailable: as everywhere.
  absl::StatusOr<std::optional<Facts>> Explain(std::int64_t library_id, absl::string_view path);

 private:
  PgPool pool_;
  const std::string decoder_version_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_EXPLAINER_H_
