#ifndef HESTIA_WATCHER_SERVICE_EVENTS_IGNORE_POLICY_H_
#define HESTIA_WATCHER_SERVICE_EVENTS_IGNORE_POLICY_H_

#include <string>
#include <vector>

#include <absl/strings/string_view.h>

namespace hestia {

// Which names are none of our business, for files and directories alike: temporary and
// partial files, version control, thumbnails of other programs, hidden files. An ignored
// directory is not looked into and takes no watch.
//
// Thread-safety: immutable. Asked for every event and every listed name, so nearly every glob (a
// name, a beginning, an end) is taken apart beforehand and compared at a tenth of fnmatch's cost.
class IgnorePolicy {
 public:
  // Shell globs (* ? [a-z]) on one name; case counts.
  explicit IgnorePolicy(std::vector<std::string> globs);

  // `name` is one raw path component.
  bool Ignores(absl::string_view name) const;

 private:
  struct Glob {
    // What a name begins and ends with, and whether anything may stand in between.
    std::string beginning;
    std::string end;
    bool star = false;
    std::string pattern;  // for fnmatch instead, when it is more than that
  };
  static Glob Parse(std::string glob);
  static bool Matches(const Glob& glob, absl::string_view name);

  std::vector<Glob> globs_;
};

// A comma-separated list of globs; blanks around them are dropped.
IgnorePolicy ParseIgnorePolicy(absl::string_view globs);

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_EVENTS_IGNORE_POLICY_H_
