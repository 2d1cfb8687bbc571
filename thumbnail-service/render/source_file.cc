#include "thumbnail-service/render/source_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include <absl/status/status.h>
#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <absl/time/time.h>

#include "common/error_reason.h"

namespace hestia {
namespace {
constexpr std::size_t kChunkBytes = std::size_t{256} << 10;

struct State {
  FileIdentity identity;
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

// At most `size` bytes; fewer at the file's end; negative with errno set on an error.
ssize_t ReadFully(int fd, char* target, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(fd, target + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return got;
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return static_cast<ssize_t>(done);
}

bool WriteFully(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(fd, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    data += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

Digest Canonical(XXH128_hash_t hash) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  Digest digest;
  std::copy_n(canonical.digest, digest.bytes.size(), digest.bytes.begin());
  return digest;
}

absl::Status Changed(absl::string_view path) {
  return absl::AbortedError(absl::StrCat(path, " changed while it was read"));
}

// Copies what is behind the file's position into sealed memory, hashing on the way. The
// first `head_bytes` are in `chunk` already.
absl::Status Copy(int fd, absl::string_view path, char* chunk, std::size_t head_bytes,
                  SourceFile& source) {
  source.bytes = UniqueFd(::memfd_create("hestia-source", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!source.bytes.valid()) return Trouble("hold", path, errno);
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> hash(XXH3_createState(),
                                                                      XXH3_freeState);
  if (hash == nullptr) return Trouble("hash", path, ENOMEM);
  XXH3_128bits_reset(hash.get());
  std::int64_t copied = 0;
  for (auto got = static_cast<ssize_t>(head_bytes); got > 0;) {
    const auto size = static_cast<std::size_t>(got);
    copied += got;
    if (copied > source.identity.size_bytes) return Changed(path);
    XXH3_128bits_update(hash.get(), chunk, size);
    if (!WriteFully(source.bytes.get(), chunk, size)) return Trouble("hold", path, errno);
    got = ReadFully(fd, chunk, kChunkBytes);
    if (got < 0) return Trouble("read", path, errno);
  }
  if (copied != source.identity.size_bytes) return Changed(path);
  source.digest = Canonical(XXH3_128bits_digest(hash.get()));
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
  if (::fcntl(source.bytes.get(), F_ADD_SEALS, kSeals) != 0) return Trouble("seal", path, errno);
  return absl::OkStatus();
}

absl::StatusOr<SourceFile> ReadOpened(int fd, absl::string_view path, const State& before,
                                      const SourceLimits& limits) {
  const auto chunk = std::make_unique_for_overwrite<char[]>(kChunkBytes);
  const ssize_t got = ReadFully(fd, chunk.get(), kSniffBytes);
  if (got < 0) return Trouble("read", path, errno);
  const absl::string_view head(chunk.get(), static_cast<std::size_t>(got));
  SourceFile source;
  source.identity = before.identity;
  source.format = Sniff(head);
  if (source.format == ImageFormat::kUnknown) {
    return WithReason(
        absl::UnimplementedError(absl::StrCat(
            path, " is not an image that can be read: it looks like ", DescribeUnreadable(head))),
        "UNSUPPORTED_FORMAT");
  }
  if (before.identity.size_bytes > limits.max_source_bytes) {
    return WithReason(absl::ResourceExhaustedError(
                          absl::StrCat(path, " has ", before.identity.size_bytes, " bytes; ",
                                       limits.max_source_bytes, " are allowed")),
                      "TOO_LARGE");
  }
  if (absl::Status copied = Copy(fd, path, chunk.get(), head.size(), source); !copied.ok()) {
    return copied;
  }
  const absl::StatusOr<State> after = Look(fd, path);
  if (!after.ok()) return after.status();
  if (*after != before) return Changed(path);
  return source;
}
}  // namespace

std::string Digest::Hex() const {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

SourceRead ReadSource(const LibraryFolder& folder, absl::string_view path,
                      const SourceLimits& limits) {
  const absl::StatusOr<UniqueFd> file = folder.OpenFile(path);
  if (!file.ok()) return {std::nullopt, file.status()};
  const absl::StatusOr<State> before = Look(file->get(), path);
  if (!before.ok()) return {std::nullopt, before.status()};
  return {before->identity, ReadOpened(file->get(), path, *before, limits)};
}

absl::StatusOr<FileIdentity> StatSource(const LibraryFolder& folder, absl::string_view path) {
  const absl::StatusOr<UniqueFd> file = folder.OpenFile(path);
  if (!file.ok()) return file.status();
  const absl::StatusOr<State> state = Look(file->get(), path);
  if (!state.ok()) return state.status();
  return state->identity;
}

}  // namespace hestia
