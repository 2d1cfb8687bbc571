#ifndef HESTIA_COMMON_ADDRESS_FILE_H_
#define HESTIA_COMMON_ADDRESS_FILE_H_

#include <string>

#include <absl/status/status.h>

namespace hestia {

// Writes `address` and a newline to `path` in one step (a file beside it, then a rename), so
// that a script waiting for the file never reads half of it.
//   kInvalidArgument  the file cannot be written; the message says why: tell the user.
//
// Thread-safety: pure but for the file system. Blocking: writes to disk.
absl::Status WriteAddressFile(const std::string& path, const std::string& address);

}  // namespace hestia

#endif  // HESTIA_COMMON_ADDRESS_FILE_H_
