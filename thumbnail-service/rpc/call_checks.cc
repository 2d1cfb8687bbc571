#include "thumbnail-service/rpc/call_checks.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>

#include "common/error_reason.h"
#include "common/path_text.h"

namespace hestia {

absl::Status CheckLibraryNamed(absl::string_view library) {
  if (!library.empty()) return absl::OkStatus();
  return WithReason(absl::InvalidArgumentError(
                        "library is missing; WatcherService.ListLibraries names them"),
                    "LIBRARY_MISSING", "library");
}

absl::Status CheckPath(absl::string_view path, absl::string_view field) {
  absl::Status status = ValidateRelativePath(path);
  return status.ok() ? status : WithReason(std::move(status), "PATH_INVALID", field);
}

absl::Status FileUnknown(absl::string_view library, absl::string_view path) {
  return WithReason(absl::NotFoundError(
                        absl::StrCat("no file \"", path, "\" in library \"", library,
                                     "\"; if it was only just written, call Sync first, which also "
                                     "tells how many files are being written yet; those that the "
                                     "watcher ignores never come")),
                    "FILE_UNKNOWN", "path");
}

absl::Status Busy() {
  return WithReason(absl::ResourceExhaustedError("too many calls are waiting; retry with backoff"),
                    "BUSY");
}

absl::Status Stopping() {
  return WithReason(absl::UnavailableError("the service is stopping; ask again"), "STOPPING");
}

absl::Status ForCaller(absl::Status status) {
  if (!absl::IsUnavailable(status) || ReasonOf(status).has_value()) return status;
  return WithReason(absl::UnavailableError(absl::StrCat("the database cannot be reached: ",
                                                        status.message())),
                    "DATABASE_UNAVAILABLE");
}

absl::StatusOr<Page> ParsePage(std::uint32_t size, absl::string_view token) {
  if (size > kMaxPageSize) {
    return WithReason(absl::InvalidArgumentError(
                          absl::StrCat("page_size ", size, " is more than ", kMaxPageSize)),
                      "PAGE_SIZE_INVALID", "page_size");
  }
  Page page{.size = static_cast<int>(size == 0 ? kDefaultPageSize : size), .after = ""};
  if (token.empty()) return page;
  if (!absl::WebSafeBase64Unescape(token, &page.after) || !ValidateRelativePath(page.after).ok()) {
    return WithReason(absl::InvalidArgumentError(
                          "page_token is not one that this call gave; begin without one"),
                      "PAGE_TOKEN_INVALID", "page_token");
  }
  return page;
}

std::string PageToken(absl::string_view path) { return absl::WebSafeBase64Escape(path); }

}  // namespace hestia
