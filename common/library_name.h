#ifndef HESTIA_COMMON_LIBRARY_NAME_H_
#define HESTIA_COMMON_LIBRARY_NAME_H_

#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

namespace hestia {

// A named root directory, as both services' HESTIA_LIBRARIES gives it.
struct LibraryRoot {
  std::string name;
  std::string root;  // raw bytes, absolute, no trailing '/'
};

// 1 to 64 of [a-z0-9._-], beginning with a letter or digit.
//   kInvalidArgument  a sentence that says so.
absl::Status ValidateLibraryName(absl::string_view name);

// Parses "photos=/data/photos,scans=/data/scans". An empty text is no libraries. A ','
// inside a root cannot be written here; such a library is added by AddLibrary.
//   kInvalidArgument  every malformed entry, in one message.
absl::StatusOr<std::vector<LibraryRoot>> ParseLibraries(absl::string_view text);

}  // namespace hestia

#endif  // HESTIA_COMMON_LIBRARY_NAME_H_
