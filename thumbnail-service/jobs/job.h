#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_JOB_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_JOB_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/time/time.h>

#include "thumbnail-service/jobs/file_state.h"
#include "thumbnail-service/jobs/placeholder.h"
#include "thumbnail-service/jobs/recipe.h"
#include "thumbnail-service/jobs/verdict.h"

namespace hestia {

// "File F at version V", claimed by this replica under `token`.
struct ClaimedJob {
  std::int64_t file_id = 0;
  std::int64_t token = 0;
  std::int64_t version = 0;
  std::int64_t library_id = 0;
  std::string path;
  FileStamp stamp;   // what the file must look like to be this version
  int attempts = 0;  // charged so far
  int tries = 0;     // handed back so far, charged or not: what the back-off grows by
  int deaths = 0;    // replicas that died with this version in work
  bool awaited = false;  // by a call of GetThumbnail, as far as its place in the queue tells
  absl::Duration claimed_at = absl::ZeroDuration();  // MonotonicNow() of the claim
};

// Identity of bytes: XXH3-128 in canonical order, and the size beside it.
struct ContentKey {
  std::array<std::uint8_t, 16> digest{};
  std::int64_t size_bytes = 0;
};

// A recipe and its row's id.
struct StoredRecipe {
  std::int64_t id = 0;
  Recipe recipe;
};

// What the database has for some bytes.
struct ContentStanding {
  std::vector<StoredRecipe> missing;  // current recipes without a thumbnail
  std::optional<Verdict> verdict;     // of the decoder in use
};

// One encoded image of a recipe.
struct Thumbnail {
  std::int64_t recipe_id = 0;
  OutputFormat format = OutputFormat::kWebp;
  int width_px = 0;
  int height_px = 0;
  std::string data;
};

// A job's end, to be stored. Without `content` the bytes could not be read and `verdict`
// (which is then set) belongs to the file's version.
struct JobResult {
  ClaimedJob job = {};
  std::optional<ContentKey> content = std::nullopt;
  int source_width_px = 0;  // 0 when nothing was decoded
  int source_height_px = 0;
  Placeholder placeholder = {};
  std::string damage = {};  // of an image that was rendered all the same
  std::vector<Thumbnail> thumbnails = {};
  std::optional<Verdict> verdict = std::nullopt;
  absl::Duration read_time = absl::ZeroDuration();    // to open, copy and hash the file
  absl::Duration render_time = absl::ZeroDuration();  // zero when nothing was decoded
};

// A job handed back to be tried again.
struct JobRetry {
  ClaimedJob job = {};
  absl::Duration delay = absl::ZeroDuration();
  bool charge = true;      // count it as an attempt
  std::string error = {};  // for people
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_JOB_H_
