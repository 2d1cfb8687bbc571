#include "common/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <absl/strings/str_cat.h>

#include "common/path_text.h"
#include "common/unique_fd.h"

namespace hestia {
namespace {

absl::Status Failed(const std::string& path) {
  return absl::UnavailableError(
      absl::StrCat("cannot write \"", EncodePathText(path), "\": ", strerror(errno)));
}

bool WriteAll(int fd, absl::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

absl::Status WriteFileAtomically(const std::string& path, absl::string_view content) {
  const std::string draft = absl::StrCat(path, ".new");
  {
    const UniqueFd fd(open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!fd.valid() || !WriteAll(fd.get(), content) || fsync(fd.get()) != 0) return Failed(draft);
  }
  if (rename(draft.c_str(), path.c_str()) != 0) return Failed(path);
  // The new name itself must reach the disk too.
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const UniqueFd directory(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid() || fsync(directory.get()) != 0) return Failed(folder);
  return absl::OkStatus();
}

}  // namespace hestia
