#include "watcher-service/feed/beneath.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

namespace hestia {
namespace {

constexpr std::size_t kReadBytes = 32 << 10;

bool IsDots(absl::string_view name) { return name == "." || name == ".."; }

OpenedDirectory OpenWith(int flags, int root, absl::string_view path) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_DIRECTORY | O_CLOEXEC);
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

}  // namespace

OpenedDirectory OpenBeneath(int root, absl::string_view path) {
  return OpenWith(O_RDONLY | O_NONBLOCK, root, path);
}

bool StillAt(int root, absl::string_view path, int directory) {
  if (path.empty()) return true;
  const OpenedDirectory there = OpenWith(O_PATH, root, path);
  struct stat one {};
  struct stat other {};
  return there.error == 0 && fstat(there.fd.get(), &one) == 0 && fstat(directory, &other) == 0 &&
         one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool MeansAbsent(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG;
}

int LookAt(int directory, const char* name, struct stat& status) {
  return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
}

int LookAt(int directory, const std::string& name, struct stat& status) {
  return LookAt(directory, name.c_str(), status);
}

int ReadEntries(int directory,
                absl::FunctionRef<void(absl::string_view name, unsigned char type)> entry) {
  if (lseek(directory, 0, SEEK_SET) != 0) return errno;
  alignas(dirent64) std::array<char, kReadBytes> buffer;
  while (true) {
    const ssize_t got = getdents64(directory, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    // A directory that was removed meanwhile: it has no entries, as readdir() has it.
    if (got < 0 && errno == ENOENT) return 0;
    if (got <= 0) return got == 0 ? 0 : errno;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      const auto* const found = reinterpret_cast<const dirent64*>(buffer.data() + at);
      at += found->d_reclen;
      const absl::string_view name(found->d_name);
      if (IsDots(name)) continue;
      unsigned char type = found->d_type;
      if (type == DT_UNKNOWN) {
        struct stat status {};
        if (LookAt(directory, found->d_name, status) != 0) continue;
        type = static_cast<unsigned char>(IFTODT(status.st_mode));
      }
      entry(name, type);
    }
  }
}

SplitPath SplitLast(absl::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == absl::string_view::npos) return {absl::string_view(), path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace hestia
