#include "thumbnail-service/render/library_folder.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "common/path_text.h"

namespace hestia {
namespace {
// How often EAGAIN, which openat2 gives when a rename runs through the path, is tried again.
constexpr int kOpenAttempts = 16;

absl::Status OpenError(int error, absl::string_view path) {
  const std::string message = absl::StrCat("cannot open ", path, ": ", std::strerror(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:  // longer than any name here can be
      return absl::NotFoundError(message);
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(message);
    case ELOOP:
    case EXDEV:
      return absl::FailedPreconditionError(
          absl::StrCat("cannot open ", path, ": a symbolic link is in the way"));
    case ENXIO:
    case ENODEV:
      return absl::FailedPreconditionError(
          absl::StrCat("cannot open ", path, ": not a regular file"));
    default:
      return absl::UnavailableError(message);
  }
}

constexpr int kReading = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;

// The fallback, one component after another; a valid path has no "..". What the kernel does
// at once cannot be done here: a directory that is moved out of the root while the walk is in
// it is followed to where it went.
int WalkBeneath(int directory, const std::string& raw) {
  UniqueFd parent;
  std::size_t begin = 0;
  for (std::size_t end; (end = raw.find('/', begin)) != std::string::npos; begin = end + 1) {
    const std::string name = raw.substr(begin, end - begin);
    const int at = parent.valid() ? parent.get() : directory;
    UniqueFd next(::openat(at, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!next.valid()) return -1;
    struct stat about {};
    if (::fstat(next.get(), &about) != 0) return -1;
    if (S_ISLNK(about.st_mode)) {
      errno = ELOOP;
      return -1;
    }
    parent = std::move(next);
  }
  return ::openat(parent.valid() ? parent.get() : directory, raw.c_str() + begin,
                  kReading | O_NOFOLLOW);
}

int OpenBeneath(int directory, const std::string& raw) {
  open_how how{};
  how.flags = kReading;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  long fd = -1;
  for (int attempt = 0; attempt < kOpenAttempts; ++attempt) {
    fd = ::syscall(SYS_openat2, directory, raw.c_str(), &how, sizeof(how));
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  // ENOSYS by kernels before 5.6, EPERM by the seccomp profile of old container engines.
  if (fd < 0 && (errno == ENOSYS || errno == EPERM)) return WalkBeneath(directory, raw);
  return static_cast<int>(fd);
}
}  // namespace

absl::StatusOr<LibraryFolder> LibraryFolder::Open(absl::string_view root) {
  std::string path(root);
  UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) {
    const int error = errno;
    struct stat about {};
    const bool no_directory = error == ENOTDIR && ::stat(path.c_str(), &about) == 0;
    if (no_directory) {
      return absl::FailedPreconditionError(
          absl::StrCat(EncodePathText(root), " is not a directory"));
    }
    return OpenError(error, EncodePathText(root));
  }
  return LibraryFolder(std::move(path), std::move(directory));
}

absl::StatusOr<UniqueFd> LibraryFolder::OpenFile(absl::string_view path) const {
  if (absl::Status valid = ValidateRelativePath(path); !valid.ok()) return valid;
  const absl::StatusOr<std::string> raw = DecodePathText(path);
  if (!raw.ok()) return raw.status();
  UniqueFd file(OpenBeneath(directory_.get(), *raw));
  if (!file.valid()) return OpenError(errno, path);
  struct stat about {};
  if (::fstat(file.get(), &about) != 0) return OpenError(errno, path);
  if (!S_ISREG(about.st_mode)) return OpenError(ENODEV, path);
  return file;
}

}  // namespace hestia
