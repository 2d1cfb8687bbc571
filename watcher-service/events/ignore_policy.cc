#include "watcher-service/events/ignore_policy.h"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_split.h>

namespace hestia {
namespace {

// Asked for every event and every listed name, and nearly every glob is a name, a beginning or an
// end: those are compared, which costs a tenth of fnmatch.
bool Matches(const std::string& glob, absl::string_view name) {
  constexpr char kSpecial[] = "*?[\\";
  const std::size_t first = glob.find_first_of(kSpecial);
  if (first == std::string::npos) return glob == name;
  if (glob[first] == '*' && glob.find_first_of(kSpecial, first + 1) == std::string::npos) {
    const absl::string_view beginning(glob.data(), first);
    const absl::string_view end(glob.data() + first + 1, glob.size() - first - 1);
    return name.size() >= beginning.size() + end.size() && absl::StartsWith(name, beginning) &&
           absl::EndsWith(name, end);
  }
  return fnmatch(glob.c_str(), std::string(name).c_str(), 0) == 0;
}

}  // namespace

IgnorePolicy::IgnorePolicy(std::vector<std::string> globs) : globs_(std::move(globs)) {}

bool IgnorePolicy::Ignores(absl::string_view name) const {
  return std::any_of(globs_.begin(), globs_.end(),
                     [&](const std::string& glob) { return Matches(glob, name); });
}

IgnorePolicy ParseIgnorePolicy(absl::string_view globs) {
  std::vector<std::string> list;
  for (const absl::string_view glob : absl::StrSplit(globs, ',', absl::SkipWhitespace())) {
    list.emplace_back(absl::StripAsciiWhitespace(glob));
  }
  return IgnorePolicy(std::move(list));
}

}  // namespace hestia
