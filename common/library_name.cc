#include "common/library_name.h"

#include <algorithm>
#include <utility>

#include <absl/container/flat_hash_set.h>
#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

namespace hestia {
namespace {
constexpr std::size_t kMaxNameBytes = 64;

bool IsNameByte(char c) {
  return absl::ascii_islower(static_cast<unsigned char>(c)) ||
         absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
}

absl::StatusOr<LibraryRoot> ParseOne(absl::string_view entry) {
  const std::pair<absl::string_view, absl::string_view> pair =
      absl::StrSplit(entry, absl::MaxSplits('=', 1));
  if (absl::Status status = ValidateLibraryName(pair.first); !status.ok()) return status;
  if (pair.second.empty() || pair.second.front() != '/') {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", entry, "\" needs an absolute folder, as in photos=/data/photos"));
  }
  std::string root(pair.second);
  while (root.size() > 1 && root.back() == '/') root.pop_back();
  return LibraryRoot{std::string(pair.first), std::move(root)};
}
}  // namespace

absl::Status ValidateLibraryName(absl::string_view name) {
  const bool right = !name.empty() && name.size() <= kMaxNameBytes &&
                     std::all_of(name.begin(), name.end(), IsNameByte) &&
                     absl::ascii_isalnum(static_cast<unsigned char>(name.front()));
  if (right) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("\"", name, "\" is not a library name; use 1 to 64 of a-z 0-9 . _ - , ",
                   "beginning with a letter or digit"));
}

absl::StatusOr<std::vector<LibraryRoot>> ParseLibraries(absl::string_view text) {
  std::vector<LibraryRoot> libraries;
  std::vector<std::string> problems;
  absl::flat_hash_set<std::string> names;
  for (const absl::string_view entry : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
    absl::StatusOr<LibraryRoot> library = ParseOne(absl::StripAsciiWhitespace(entry));
    if (!library.ok()) {
      problems.emplace_back(library.status().message());
    } else if (!names.insert(library->name).second) {
      problems.push_back(absl::StrCat("library \"", library->name, "\" is named twice"));
    } else {
      libraries.push_back(*std::move(library));
    }
  }
  if (problems.empty()) return libraries;
  return absl::InvalidArgumentError(absl::StrJoin(problems, "; "));
}

}  // namespace hestia
