#ifndef HESTIA_COMMON_ATOMIC_FILE_H_
#define HESTIA_COMMON_ATOMIC_FILE_H_

#include <string>

#include <absl/status/status.h>
#include <absl/strings/string_view.h>

namespace hestia {

// Replaces the file at `path` by one with `content`, so that a reader, and whoever looks
// after a power cut, sees the old content or the new one and nothing in between.
//
// Thread-safety: one writer per path at a time. Blocking: until it is on the disk.
//   kUnavailable  the folder cannot be written; the message says why: tell the user.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view content);

}  // namespace hestia

#endif  // HESTIA_COMMON_ATOMIC_FILE_H_
