#include "thumbnail-service/render/folder_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/time/time.h>

#include "common/unique_fd.h"

namespace hestia {
namespace {

// The change time, too: a writer may restore the modification time, not this one.
struct State {
  FileStamp stamp;
  std::int64_t changed_ns = 0;

  friend bool operator==(const State&, const State&) = default;
};

// As the watcher's times are turned: what 64 bits cannot hold becomes the largest or smallest
// they can, on both sides alike.
std::int64_t Nanoseconds(const timespec& time) {
  return absl::ToUnixNanos(absl::TimeFromTimespec(time));
}

absl::Status Trouble(absl::string_view what, absl::string_view path, int error) {
  return absl::UnavailableError(
      absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(error)));
}

absl::StatusOr<State> Look(int fd, absl::string_view path) {
  struct stat about {};
  if (::fstat(fd, &about) != 0) return Trouble("stat", path, errno);
  return State{{about.st_size, Nanoseconds(about.st_mtim), about.st_ino},
               Nanoseconds(about.st_ctim)};
}

class FolderFile final : public OpenedFile {
 public:
  FolderFile(UniqueFd fd, std::string path, const State& opened)
      : fd_(std::move(fd)), path_(std::move(path)), opened_(opened) {}

  const FileStamp& stamp() const override { return opened_.stamp; }

  absl::StatusOr<std::size_t> Read(char* target, std::size_t size) override {
    std::size_t done = 0;
    while (done < size) {
      const ssize_t got = ::read(fd_.get(), target + done, size - done);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Trouble("read", path_, errno);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  absl::Status CheckUnchanged() override {
    const absl::StatusOr<State> now = Look(fd_.get(), path_);
    if (!now.ok()) return now.status();
    if (*now == opened_) return absl::OkStatus();
    return absl::AbortedError(absl::StrCat(path_, " changed while it was read"));
  }

 private:
  const UniqueFd fd_;
  const std::string path_;
  const State opened_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<OpenedFile>> OpenFolderFile(const LibraryFolder& folder,
                                                           absl::string_view path) {
  absl::StatusOr<UniqueFd> fd = folder.OpenFile(path);
  if (!fd.ok()) return fd.status();
  const absl::StatusOr<State> opened = Look(fd->get(), path);
  if (!opened.ok()) return opened.status();
  return std::make_unique<FolderFile>(*std::move(fd), std::string(path), *opened);
}

}  // namespace hestia
