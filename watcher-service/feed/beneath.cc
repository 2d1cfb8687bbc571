#include "watcher-service/feed/beneath.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <memory>

namespace hestia {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

bool IsDots(absl::string_view name) { return name == "." || name == ".."; }

}  // namespace

OpenedDirectory OpenBeneath(int root, absl::string_view path) {
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const std::string terminated = path.empty() ? "." : std::string(path);
  long fd = -1;
  // EAGAIN: something was renamed during the walk and the kernel could not prove "beneath".
  do {
    fd = syscall(SYS_openat2, root, terminated.c_str(), &how, sizeof(how));
  } while (fd < 0 && (errno == EAGAIN || errno == EINTR));
  if (fd < 0) return {UniqueFd(), errno};
  return {UniqueFd(static_cast<int>(fd)), 0};
}

bool MeansAbsent(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG;
}

int LookAt(int directory, const std::string& name, struct stat& status) {
  return fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
}

int ReadEntries(int directory,
                absl::FunctionRef<void(absl::string_view name, unsigned char type)> entry) {
  // A descriptor of its own: reading moves the offset, closedir closes.
  const int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno;
  const std::unique_ptr<DIR, CloseDirectory> stream(fdopendir(fd));
  if (stream == nullptr) {
    const int error = errno;
    close(fd);
    return error;
  }
  while (true) {
    errno = 0;
    const dirent* const found = readdir(stream.get());
    if (found == nullptr) return errno;
    const absl::string_view name(found->d_name);
    if (IsDots(name)) continue;
    unsigned char type = found->d_type;
    if (type == DT_UNKNOWN) {
      struct stat status {};
      if (LookAt(directory, std::string(name), status) != 0) continue;
      type = static_cast<unsigned char>(IFTODT(status.st_mode));
    }
    entry(name, type);
  }
}

SplitPath SplitLast(absl::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == absl::string_view::npos) return {absl::string_view(), path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace hestia
