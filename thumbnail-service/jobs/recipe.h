#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_RECIPE_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_RECIPE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

namespace hestia {

// What a thumbnail is encoded as.
enum class OutputFormat { kWebp, kJpeg, kPng, kAvif };

// "image/webp", "image/jpeg", "image/png", "image/avif".
absl::string_view MediaType(OutputFormat format);
// "webp", "jpeg", "png", "avif".
absl::string_view FormatName(OutputFormat format);

// How an image comes into its square. Nothing is ever enlarged.
enum class Fit {
  kInside,   // all of it, as large as the square allows, in its own aspect
  kCover,    // its middle, square; smaller than the box where the image is
  kContain,  // all of it, in the middle of a square of the box
};
// "inside", "cover", "contain".
absl::string_view FitName(Fit fit);

struct Rgb {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;

  // 0xRRGGBB.
  std::uint32_t Packed() const {
    return std::uint32_t{red} << 16 | std::uint32_t{green} << 8 | std::uint32_t{blue};
  }
  static Rgb FromPacked(std::uint32_t packed) {
    return {static_cast<std::uint8_t>(packed >> 16), static_cast<std::uint8_t>(packed >> 8),
            static_cast<std::uint8_t>(packed)};
  }
  // "RRGGBB" in small letters.
  std::string Hex() const;
  friend bool operator==(const Rgb&, const Rgb&) = default;
};

// One kind of thumbnail: the image scaled into a square of `box_px`, then encoded.
struct Recipe {
  std::string name;                            // 1 to 32 of [a-z0-9_-]
  int box_px = 256;                            // 1..4096
  OutputFormat format = OutputFormat::kWebp;
  int quality = 80;                            // 1..100; PNG has none
  int effort = 2;                              // 0 (fast) .. 6 (small); JPEG has none
  Fit fit = Fit::kInside;
  // Seen through what is transparent and around what is contained. None: transparent, and white
  // where the format knows no transparency.
  std::optional<Rgb> background = std::nullopt;

  friend bool operator==(const Recipe&, const Recipe&) = default;

  // Everything that decides the pixels and bytes, e.g. "fit:256:webp:80:2". Two recipes with
  // one specification share their thumbnails, whatever they are called.
  std::string Specification() const;
  // As ParseRecipes reads it, nothing left out.
  std::string Definition() const;
};

// Most recipes at a time: all of one file's are made from one decode.
constexpr int kMaxRecipes = 16;

// Parses "small=128:webp:80,square=256:jpeg:80:2:cover" into recipes, largest box first. The form
// is NAME=BOX[:FORMAT[:QUALITY[:EFFORT[:FIT[:BACKGROUND]]]]]; what is left out or empty is webp,
// 80, 2, inside, none. A background is RRGGBB.
//   kInvalidArgument  every malformed entry, in one message; or none, or too many recipes.
absl::StatusOr<std::vector<Recipe>> ParseRecipes(absl::string_view text);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_RECIPE_H_
