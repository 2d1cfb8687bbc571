#ifndef HESTIA_THUMBNAIL_SERVICE_RPC_CALL_CHECKS_H_
#define HESTIA_THUMBNAIL_SERVICE_RPC_CALL_CHECKS_H_

#include <cstdint>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

namespace hestia {

// What every call checks of its request, with one wording and one reason each.
//
// Thread-safety: pure functions.

// kInvalidArgument, LIBRARY_MISSING.
absl::Status CheckLibraryNamed(absl::string_view library);
// kInvalidArgument, PATH_INVALID.
absl::Status CheckPath(absl::string_view path, absl::string_view field);

// kNotFound, FILE_UNKNOWN.
absl::Status FileUnknown(absl::string_view library, absl::string_view path);

// kResourceExhausted, BUSY: no place for another call.
absl::Status Busy();
// kUnavailable, STOPPING.
absl::Status Stopping();

// `status` as a caller should see it: what the store reports carries no reason of its own.
absl::Status ForCaller(absl::Status status);

struct Page {
  int size = 0;
  std::string after;  // path text; empty: from the beginning
};
constexpr std::uint32_t kDefaultPageSize = 100;
constexpr std::uint32_t kMaxPageSize = 1000;

// kInvalidArgument, PAGE_SIZE_INVALID or PAGE_TOKEN_INVALID.
absl::StatusOr<Page> ParsePage(std::uint32_t size, absl::string_view token);
// The token of the page that begins after `path`.
std::string PageToken(absl::string_view path);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RPC_CALL_CHECKS_H_
