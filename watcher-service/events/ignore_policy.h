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
// Thread-safety: immutable.
class IgnorePolicy {
 public:
  // Shell globs (* ? [a-z]) on one name; case counts.
  explicit IgnorePolicy(std::vector<std::string> globs);

  // `name` is one raw path component.
  bool Ignores(absl::string_view name) const;

 private:
  std::vector<std::string> globs_;
};

// A comma-separated list of globs; blanks around them are dropped.
IgnorePolicy ParseIgnorePolicy(absl::string_view globs);

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_EVENTS_IGNORE_POLICY_H_
