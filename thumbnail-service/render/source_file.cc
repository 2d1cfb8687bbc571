#include "thumbnail-service/render/source_file.h"

#include <fcntl.h>
#include <sys/mman.h>
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

#include "common/error_reason.h"
#include "thumbnail-service/render/folder_file.h"

namespace hestia {
namespace {
constexpr std::size_t kChunkBytes = std::size_t{256} << 10;

absl::Status Trouble(absl::string_view what, absl::string_view path, int error) {
  return absl::UnavailableError(
      absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(error)));
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

// Copies what was not read yet into sealed memory, hashing on the way. The first `head_bytes`
// are in `chunk` already.
absl::Status Copy(OpenedFile& file, absl::string_view path, char* chunk, std::size_t head_bytes,
                  SourceFile& source) {
  source.bytes = UniqueFd(::memfd_create("hestia-source", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!source.bytes.valid()) return Trouble("hold", path, errno);
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> hash(XXH3_createState(),
                                                                      XXH3_freeState);
  if (hash == nullptr) return Trouble("hash", path, ENOMEM);
  XXH3_128bits_reset(hash.get());
  std::int64_t copied = 0;
  for (absl::StatusOr<std::size_t> got = head_bytes; *got > 0;) {
    copied += static_cast<std::int64_t>(*got);
    if (copied > source.identity.size_bytes) return Changed(path);
    XXH3_128bits_update(hash.get(), chunk, *got);
    if (!WriteFully(source.bytes.get(), chunk, *got)) return Trouble("hold", path, errno);
    got = file.Read(chunk, kChunkBytes);
    if (!got.ok()) return got.status();
  }
  if (copied != source.identity.size_bytes) return Changed(path);
  source.digest = Canonical(XXH3_128bits_digest(hash.get()));
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
  if (::fcntl(source.bytes.get(), F_ADD_SEALS, kSeals) != 0) return Trouble("seal", path, errno);
  return absl::OkStatus();
}

absl::StatusOr<SourceFile> ReadOpened(OpenedFile& file, absl::string_view path,
                                      const SourceLimits& limits) {
  const auto chunk = std::make_unique_for_overwrite<char[]>(kChunkBytes);
  const absl::StatusOr<std::size_t> got = file.Read(chunk.get(), kSniffBytes);
  if (!got.ok()) return got.status();
  const absl::string_view head(chunk.get(), *got);
  SourceFile source;
  source.identity = file.stamp();
  source.format = Sniff(head);
  if (source.format == ImageFormat::kUnknown) {
    return WithReason(
        absl::UnimplementedError(absl::StrCat(
            path, " is not an image that can be read: it looks like ", DescribeUnreadable(head))),
        "UNSUPPORTED_FORMAT");
  }
  const std::int64_t most = ByteLimit(limits.formats, source.format, limits.max_source_bytes);
  if (source.identity.size_bytes > most) {
    return WithReason(absl::ResourceExhaustedError(
                          absl::StrCat(path, " has ", source.identity.size_bytes, " bytes; ",
                                       most, " are allowed for ", FormatTitle(source.format))),
                      "TOO_LARGE");
  }
  absl::Status status = Copy(file, path, chunk.get(), head.size(), source);
  if (status.ok()) status = file.CheckUnchanged();
  if (!status.ok()) return status;
  return source;
}
}  // namespace

std::string Digest::Hex() const {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

SourceRead ReadSource(absl::StatusOr<std::unique_ptr<OpenedFile>> opened, absl::string_view path,
                      const SourceLimits& limits) {
  if (!opened.ok()) return {std::nullopt, opened.status()};
  return {(*opened)->stamp(), ReadOpened(**opened, path, limits)};
}

SourceRead ReadSource(const LibraryFolder& folder, absl::string_view path,
                      const SourceLimits& limits) {
  return ReadSource(OpenFolderFile(folder, path), path, limits);
}

}  // namespace hestia
