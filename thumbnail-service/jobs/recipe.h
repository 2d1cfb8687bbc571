#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_RECIPE_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_RECIPE_H_

#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

namespace hestia {

// What a thumbnail is encoded as.
enum class OutputFormat { kWebp, kJpeg };

// "image/webp", "image/jpeg".
absl::string_view MediaType(OutputFormat format);
// "webp", "jpeg".
absl::string_view FormatName(OutputFormat format);

// One kind of thumbnail: the image scaled to fit inside a square of `box_px`, never
// enlarged, then encoded.
struct Recipe {
  std::string name;                            // 1 to 32 of [a-z0-9_-]
  int box_px = 256;                            // 1..4096
  OutputFormat format = OutputFormat::kWebp;
  int quality = 80;                            // 1..100
  int effort = 2;                              // 0 (fast) .. 6 (small); WebP's "method"

  friend bool operator==(const Recipe&, const Recipe&) = default;

  // Everything that decides the pixels and bytes, e.g. "fit:256:webp:80:2". Two recipes with
  // one specification share their thumbnails, whatever they are called.
  std::string Specification() const;
  // As ParseRecipes reads it, nothing left out.
  std::string Definition() const;
};

// Most recipes at a time: all of one file's are made from one decode.
constexpr int kMaxRecipes = 16;

// Parses "small=128:webp:80,medium=256:webp:80" into recipes, largest box first. The form is
// NAME=BOX[:FORMAT[:QUALITY[:EFFORT]]]; what is left out is webp, 80, 2.
//   kInvalidArgument  every malformed entry, in one message; or none, or too many recipes.
absl::StatusOr<std::vector<Recipe>> ParseRecipes(absl::string_view text);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_RECIPE_H_
