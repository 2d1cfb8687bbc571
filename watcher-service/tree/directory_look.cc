#include "watcher-service/tree/directory_look.h"

#include <dirent.h>
#include <sys/stat.h>

#include <absl/hash/hash.h>
#include <absl/strings/string_view.h>
#include <absl/time/clock.h>

#include "watcher-service/feed/beneath.h"

namespace hestia {
namespace {

constexpr std::size_t kMaxRecentFiles = 65'536;

// Summed up, so that the order in which the kernel gives the names does not matter.
std::uint64_t FileHash(absl::string_view name, const struct stat& status) {
  return absl::HashOf(name, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                      status.st_ino, status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
}

// The directory itself, so that one moved away and back is noticed: what was told in between
// found it gone.
std::uint64_t OwnHash(const struct stat& status) {
  return absl::HashOf(status.st_ino, status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                      status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
}

}  // namespace

DirectoryLook LookInto(int directory_fd, const IgnorePolicy& ignore, const LookOptions& options) {
  DirectoryLook look;
  const absl::Time now = absl::Now();
  std::uint64_t sum = 0;
  // Before the names: what changes while they are read differs at the next look.
  if (struct stat own {}; options.stat_files && fstat(directory_fd, &own) == 0) {
    sum = OwnHash(own);
    look.recent = absl::AbsDuration(now - absl::TimeFromTimespec(own.st_ctim)) < options.recent;
  }
  look.error = ReadEntries(directory_fd, [&](absl::string_view name, unsigned char type) {
    if ((type != DT_DIR && type != DT_REG) || ignore.Ignores(name)) return;
    if (JoinedPathBytes(options.path_bytes, name.size()) > kMaxPathBytes) {
      look.has_too_long = true;
      return;
    }
    if (type == DT_DIR) {
      look.subdirectories.emplace(name);
      return;
    }
    look.has_files = true;
    if (!options.stat_files) return;
    struct stat status {};
    if (LookAt(directory_fd, std::string(name), status) != 0 || !S_ISREG(status.st_mode)) return;
    sum += FileHash(name, status);
    const absl::Duration age = now - absl::TimeFromTimespec(status.st_mtim);
    if (absl::AbsDuration(age) < options.recent && look.recent_files.size() < kMaxRecentFiles) {
      look.recent_files.emplace_back(name);
    }
  });
  look.fingerprint = sum == 0 ? 1 : sum;
  return look;
}

}  // namespace hestia
