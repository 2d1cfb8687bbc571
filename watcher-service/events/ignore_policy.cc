#include "watcher-service/events/ignore_policy.h"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_split.h>

namespace hestia {

IgnorePolicy::IgnorePolicy(std::vector<std::string> globs) {
  for (std::string& glob : globs) globs_.push_back(Parse(std::move(glob)));
}

bool IgnorePolicy::Ignores(absl::string_view name) const {
  return std::any_of(globs_.begin(), globs_.end(),
                     [&](const Glob& glob) { return Matches(glob, name); });
}

IgnorePolicy::Glob IgnorePolicy::Parse(std::string glob) {
  constexpr char kSpecial[] = "*?[\\";
  const std::size_t first = glob.find_first_of(kSpecial);
  if (first == std::string::npos) return {std::move(glob), "", false, ""};
  if (glob[first] != '*' || glob.find_first_of(kSpecial, first + 1) != std::string::npos) {
    return {"", "", false, std::move(glob)};
  }
  return {glob.substr(0, first), glob.substr(first + 1), true, ""};
}

bool IgnorePolicy::Matches(const Glob& glob, absl::string_view name) {
  if (!glob.pattern.empty()) {
    return fnmatch(glob.pattern.c_str(), std::string(name).c_str(), 0) == 0;
  }
  if (!glob.star) return name == glob.beginning;
  return name.size() >= glob.beginning.size() + glob.end.size() &&
         absl::StartsWith(name, glob.beginning) && absl::EndsWith(name, glob.end);
}

IgnorePolicy ParseIgnorePolicy(absl::string_view globs) {
  std::vector<std::string> list;
  for (const absl::string_view glob : absl::StrSplit(globs, ',', absl::SkipWhitespace())) {
    list.emplace_back(absl::StripAsciiWhitespace(glob));
  }
  return IgnorePolicy(std::move(list));
}

}  // namespace hestia
