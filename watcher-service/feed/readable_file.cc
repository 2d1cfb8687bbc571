#include "watcher-service/feed/readable_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include "common/error_reason.h"
#include "common/path_text.h"

namespace hestia {
namespace {

// EAGAIN: something was renamed during the walk and the kernel could not prove "beneath".
constexpr int kOpenAttempts = 16;

UniqueFd OpenFileBeneath(int root, const std::string& raw_path, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  long fd = -1;
  for (int attempt = 0; attempt < kOpenAttempts; ++attempt) {
    fd = syscall(SYS_openat2, root, raw_path.c_str(), &how, sizeof(how));
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  return UniqueFd(static_cast<int>(fd));
}

absl::Status NotAFile(absl::string_view path) {
  return WithReason(absl::FailedPreconditionError(absl::StrCat(
                        "\"", path, "\" is no regular file, or lies behind a symbolic link; only ",
                        "files that the feed tells can be read")),
                    "NOT_A_FILE", "path");
}

absl::Status NotFound(absl::string_view path, absl::string_view why) {
  return WithReason(absl::NotFoundError(absl::StrCat("there is no file \"", path, "\"", why)),
                    "FILE_NOT_FOUND", "path");
}

absl::Status IoError(absl::string_view what, absl::string_view path, int error) {
  return WithReason(absl::UnavailableError(absl::StrCat("cannot ", what, " \"", path, "\": ",
                                                        strerror(error), "; try again")),
                    "FILE_IO_ERROR", "path");
}

absl::Status OpenError(int error, absl::string_view path) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
      return NotFound(path, "");
    case EACCES:
    case EPERM:
      return WithReason(
          absl::PermissionDeniedError(absl::StrCat("the watcher's user may not read \"", path,
                                                   "\"; give it read permission")),
          "FILE_UNREADABLE", "path");
    case ELOOP:
    case EXDEV:
    case ENXIO:  // a socket, or a device without a driver
    case ENODEV:
      return NotAFile(path);
    default:
      return IoError("open", path, error);
  }
}

bool SameState(const struct stat& a, const struct stat& b) {
  const auto same = [](const timespec& x, const timespec& y) {
    return x.tv_sec == y.tv_sec && x.tv_nsec == y.tv_nsec;
  };
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         same(a.st_mtim, b.st_mtim) && same(a.st_ctim, b.st_ctim);
}

}  // namespace

ReadableFile::ReadableFile(UniqueFd root, UniqueFd file, std::string path, std::string raw_path,
                           const struct stat& opened)
    : root_(std::move(root)),
      file_(std::move(file)),
      path_(std::move(path)),
      raw_path_(std::move(raw_path)),
      opened_(opened) {}

absl::StatusOr<ReadableFile> ReadableFile::Open(UniqueFd root, std::string path,
                                                const IgnorePolicy& ignore) {
  if (absl::Status valid = ValidateRelativePath(path); !valid.ok()) {
    return WithReason(std::move(valid), "PATH_INVALID", "path");
  }
  std::string raw = DecodePathText(path).value();
  for (const absl::string_view name : absl::StrSplit(raw, '/')) {
    if (ignore.Ignores(name)) return NotFound(path, ": a name in it is ignored");
  }
  // Looked at before it is opened for reading: to open a device or a FIFO can do something.
  struct stat status {};
  UniqueFd place = OpenFileBeneath(root.get(), raw, O_PATH);
  if (!place.valid()) return OpenError(errno, path);
  if (fstat(place.get(), &status) != 0) return OpenError(errno, path);
  if (!S_ISREG(status.st_mode)) return NotAFile(path);
  UniqueFd file = OpenFileBeneath(root.get(), raw, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file.valid()) return OpenError(errno, path);
  if (fstat(file.get(), &status) != 0) return OpenError(errno, path);
  if (!S_ISREG(status.st_mode)) return NotAFile(path);
  // Only a hint: read ahead further.
  posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  return ReadableFile(std::move(root), std::move(file), std::move(path), std::move(raw), status);
}

absl::Status ReadableFile::Read(std::size_t most, std::string& chunk) {
  const std::uint64_t left = static_cast<std::uint64_t>(opened_.st_size) - done_;
  chunk.resize(static_cast<std::size_t>(std::min<std::uint64_t>(most, left)));
  std::size_t filled = 0;
  while (filled < chunk.size()) {
    const ssize_t got = pread(file_.get(), chunk.data() + filled, chunk.size() - filled,
                              static_cast<off_t>(done_ + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return IoError("read", path_, errno);
    if (got == 0) break;  // cut shorter meanwhile, as Changed() will say
    filled += static_cast<std::size_t>(got);
  }
  chunk.resize(filled);
  done_ += filled;
  return absl::OkStatus();
}

bool ReadableFile::Changed() const {
  struct stat now {};
  if (fstat(file_.get(), &now) != 0 || !SameState(opened_, now)) return true;
  if (done_ != static_cast<std::uint64_t>(opened_.st_size)) return true;
  const UniqueFd place = OpenFileBeneath(root_.get(), raw_path_, O_PATH);
  return !place.valid() || fstat(place.get(), &now) != 0 || !SameState(opened_, now);
}

}  // namespace hestia
