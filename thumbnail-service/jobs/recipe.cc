#include "thumbnail-service/jobs/recipe.h"

#include <algorithm>
#include <utility>

#include <absl/container/flat_hash_set.h>
#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

namespace hestia {
namespace {
constexpr std::size_t kMaxNameBytes = 32;
constexpr int kMaxBoxPx = 4096;
constexpr int kMaxEffort = 6;

bool IsRecipeName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_' || c == '-';
         });
}

bool ParseNumber(absl::string_view text, int least, int most, int& number) {
  return absl::SimpleAtoi(text, &number) && number >= least && number <= most;
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
  if (parts.size() > 4) return wrong("the form is NAME=BOX[:FORMAT[:QUALITY[:EFFORT]]]");
  if (!ParseNumber(parts[0], 1, kMaxBoxPx, recipe.box_px)) {
    return wrong("the box must be 1 to 4096 pixels");
  }
  if (parts.size() > 1 && parts[1] != "webp" && parts[1] != "jpeg") {
    return wrong("the format must be webp or jpeg");
  }
  if (parts.size() > 1 && parts[1] == "jpeg") recipe.format = OutputFormat::kJpeg;
  if (parts.size() > 2 && !ParseNumber(parts[2], 1, 100, recipe.quality)) {
    return wrong("the quality must be 1 to 100");
  }
  if (parts.size() > 3 && !ParseNumber(parts[3], 0, kMaxEffort, recipe.effort)) {
    return wrong("the effort must be 0 to 6");
  }
  return recipe;
}
}  // namespace

absl::string_view MediaType(OutputFormat format) {
  return format == OutputFormat::kWebp ? "image/webp" : "image/jpeg";
}

absl::string_view FormatName(OutputFormat format) {
  return format == OutputFormat::kWebp ? "webp" : "jpeg";
}

std::string Recipe::Specification() const {
  return absl::StrCat("fit:", box_px, ":", FormatName(format), ":", quality, ":", effort);
}

std::string Recipe::Definition() const {
  return absl::StrCat(name, "=", box_px, ":", FormatName(format), ":", quality, ":", effort);
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
