#include "thumbnail-service/jobs/recipe.h"

#include <algorithm>
#include <array>
#include <utility>

#include <absl/container/flat_hash_set.h>
#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

namespace hestia {
namespace {
constexpr std::size_t kMaxNameBytes = 32;
constexpr int kMaxBoxPx = 4096;
constexpr int kMaxEffort = 6;
constexpr std::array kFormats = {OutputFormat::kWebp, OutputFormat::kJpeg,
                                 OutputFormat::kPng, OutputFormat::kAvif};
constexpr std::array kFits = {Fit::kInside, Fit::kCover, Fit::kContain};
constexpr absl::string_view kForm =
    "the form is NAME=BOX[:FORMAT[:QUALITY[:EFFORT[:FIT[:BACKGROUND]]]]]";

bool IsRecipeName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_' || c == '-';
         });
}

bool ParseNumber(absl::string_view text, int least, int most, int& number) {
  return absl::SimpleAtoi(text, &number) && number >= least && number <= most;
}

bool Given(const std::vector<absl::string_view>& parts, std::size_t index) {
  return parts.size() > index && !parts[index].empty();
}

// The value out of `all` that `name_of` gives this name.
template <typename Value, std::size_t N>
bool ParseName(absl::string_view name, const std::array<Value, N>& all,
               absl::string_view (*name_of)(Value), Value& value) {
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](Value candidate) { return name_of(candidate) == name; });
  if (found == all.end()) return false;
  value = *found;
  return true;
}

bool ParseColour(absl::string_view text, std::optional<Rgb>& colour) {
  if (text.size() != 6 || !std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return absl::ascii_isxdigit(c);
      })) {
    return false;
  }
  const std::string bytes = absl::HexStringToBytes(text);
  colour = Rgb{static_cast<std::uint8_t>(bytes[0]), static_cast<std::uint8_t>(bytes[1]),
               static_cast<std::uint8_t>(bytes[2])};
  return true;
}

absl::StatusOr<Recipe> ParseOne(absl::string_view entry) {
  const auto wrong = [&](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("recipe \"", entry, "\": ", what));
  };
  const std::pair<absl::string_view, absl::string_view> pair =
      absl::StrSplit(entry, absl::MaxSplits('=', 1));
  const std::vector<absl::string_view> parts = absl::StrSplit(pair.second, ':');
  Recipe recipe;
  recipe.name = std::string(pair.first);
  if (!IsRecipeName(pair.first)) return wrong("the name must be 1 to 32 of a-z 0-9 _ -");
  if (parts.size() > 6) return wrong(kForm);
  if (!ParseNumber(parts[0], 1, kMaxBoxPx, recipe.box_px)) {
    return wrong("the box must be 1 to 4096 pixels");
  }
  if (Given(parts, 1) && !ParseName(parts[1], kFormats, FormatName, recipe.format)) {
    return wrong("the format must be webp, jpeg, png or avif");
  }
  if (Given(parts, 2) && !ParseNumber(parts[2], 1, 100, recipe.quality)) {
    return wrong("the quality must be 1 to 100");
  }
  if (Given(parts, 3) && !ParseNumber(parts[3], 0, kMaxEffort, recipe.effort)) {
    return wrong("the effort must be 0 to 6");
  }
  if (Given(parts, 4) && !ParseName(parts[4], kFits, FitName, recipe.fit)) {
    return wrong("the fit must be inside, cover or contain");
  }
  if (Given(parts, 5) && !ParseColour(parts[5], recipe.background)) {
    return wrong("the background must be six hexadecimal digits, RRGGBB");
  }
  return recipe;
}
}  // namespace

absl::string_view MediaType(OutputFormat format) {
  switch (format) {
    case OutputFormat::kWebp:
      return "image/webp";
    case OutputFormat::kJpeg:
      return "image/jpeg";
    case OutputFormat::kPng:
      return "image/png";
    case OutputFormat::kAvif:
      return "image/avif";
  }
  return "";
}

absl::string_view FormatName(OutputFormat format) {
  return MediaType(format).substr(sizeof("image/") - 1);
}

absl::string_view FitName(Fit fit) {
  switch (fit) {
    case Fit::kInside:
      return "inside";
    case Fit::kCover:
      return "cover";
    case Fit::kContain:
      return "contain";
  }
  return "";
}

std::string Rgb::Hex() const { return absl::StrFormat("%02x%02x%02x", red, green, blue); }

// Thumbnails are found by it, so what the first release called "fit" is called so for good.
std::string Recipe::Specification() const {
  return absl::StrCat(fit == Fit::kInside ? "fit" : FitName(fit), ":", box_px, ":",
                      FormatName(format), ":", quality, ":", effort,
                      background.has_value() ? ":" + background->Hex() : "");
}

std::string Recipe::Definition() const {
  std::string text =
      absl::StrCat(name, "=", box_px, ":", FormatName(format), ":", quality, ":", effort);
  if (fit != Fit::kInside || background.has_value()) absl::StrAppend(&text, ":", FitName(fit));
  if (background.has_value()) absl::StrAppend(&text, ":", background->Hex());
  return text;
}

absl::StatusOr<std::vector<Recipe>> ParseRecipes(absl::string_view text) {
  std::vector<Recipe> recipes;
  std::vector<std::string> problems;
  absl::flat_hash_set<std::string> names;
  absl::flat_hash_set<std::string> specifications;
  for (const absl::string_view entry : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
    absl::StatusOr<Recipe> recipe = ParseOne(absl::StripAsciiWhitespace(entry));
    if (!recipe.ok()) {
      problems.emplace_back(recipe.status().message());
    } else if (!names.insert(recipe->name).second) {
      problems.push_back(absl::StrCat("recipe \"", recipe->name, "\" is named twice"));
    } else if (!specifications.insert(recipe->Specification()).second) {
      problems.push_back(absl::StrCat("recipe \"", recipe->name, "\" is another one's twin"));
    } else {
      recipes.push_back(*std::move(recipe));
    }
  }
  if (problems.empty() && recipes.empty()) problems.push_back("at least one recipe is needed");
  if (recipes.size() > kMaxRecipes) {
    problems.push_back(absl::StrCat("at most ", kMaxRecipes, " recipes are possible"));
  }
  if (!problems.empty()) return absl::InvalidArgumentError(absl::StrJoin(problems, "; "));
  std::stable_sort(recipes.begin(), recipes.end(),
                   [](const Recipe& a, const Recipe& b) { return a.box_px > b.box_px; });
  return recipes;
}

}  // namespace hestia
