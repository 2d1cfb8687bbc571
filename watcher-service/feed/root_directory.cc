#include "watcher-service/feed/root_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <memory>
#include <utility>

#include <absl/strings/str_cat.h>

#include "common/error_reason.h"
#include "common/path_text.h"
#include "watcher-service/feed/beneath.h"

namespace hestia {
namespace {
absl::Status Unavailable(const std::string& path, absl::string_view why) {
  return WithReason(
      absl::FailedPreconditionError(absl::StrCat("the root \"", EncodePathText(path), "\" ", why)),
      "ROOT_UNAVAILABLE");
}

struct FreeText {
  void operator()(char* text) const { free(text); }
};

absl::StatusOr<UniqueFd> OpenRoot(const std::string& path, struct stat& status) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || fstat(fd.get(), &status) != 0) {
    return Unavailable(path, absl::StrCat("cannot be opened: ", strerror(errno)));
  }
  return fd;
}
}  // namespace

absl::StatusOr<RootDirectory> RootDirectory::Find(const std::string& path) {
  struct stat status {};
  const absl::StatusOr<UniqueFd> fd = OpenRoot(path, status);
  if (!fd.ok()) return fd.status();
  const std::unique_ptr<char, FreeText> real(realpath(path.c_str(), nullptr));
  return RootDirectory(path, real == nullptr ? path : real.get(), status.st_dev, status.st_ino);
}

bool RootDirectory::LooksLikeMountPointOf(const RootDirectory& earlier) const {
  if (device_ == earlier.device_) return false;
  const absl::StatusOr<UniqueFd> fd = Open();
  if (!fd.ok()) return false;
  bool empty = true;
  const int error =
      ReadEntries(fd->get(), [&](absl::string_view, unsigned char) { empty = false; });
  return error == 0 && empty;
}

absl::StatusOr<UniqueFd> RootDirectory::Open() const {
  struct stat status {};
  absl::StatusOr<UniqueFd> fd = OpenRoot(path_, status);
  if (fd.ok() && (status.st_dev != device_ || status.st_ino != inode_)) {
    return Unavailable(path_, "is another directory now");
  }
  return fd;
}

}  // namespace hestia
