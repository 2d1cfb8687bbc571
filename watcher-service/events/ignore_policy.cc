#include "watcher-service/events/ignore_policy.h"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/str_split.h>

namespace hestia {

IgnorePolicy::IgnorePolicy(std::vector<std::string> globs) : globs_(std::move(globs)) {}

bool IgnorePolicy::Ignores(absl::string_view name) const {
  const std::string terminated(name);
  return std::any_of(globs_.begin(), globs_.end(), [&](const std::string& glob) {
    return fnmatch(glob.c_str(), terminated.c_str(), 0) == 0;
  });
}

IgnorePolicy ParseIgnorePolicy(absl::string_view globs) {
  std::vector<std::string> list;
  for (const absl::string_view glob : absl::StrSplit(globs, ',', absl::SkipWhitespace())) {
    list.emplace_back(absl::StripAsciiWhitespace(glob));
  }
  return IgnorePolicy(std::move(list));
}

}  // namespace hestia
