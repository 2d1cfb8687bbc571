#include "thumbnail-service/render/source_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>

#include <absl/strings/match.h>

#include "common/named_thread.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
class SourceFileTest : public testing::Test {
 protected:
  SourceFileTest() : library_(LibraryFolder::Open(folder_.path()).value()) {}

  SourceRead Read(absl::string_view bytes, const SourceLimits& limits = {}) {
    folder_.Write("file", bytes);
    return ReadSource(library_, "file", limits);
  }

  TemporaryFolder folder_;
  LibraryFolder library_;
};

std::string Contents(int fd, std::int64_t size) {
  std::string bytes(static_cast<std::size_t>(size), '\0');
  EXPECT_EQ(::pread(fd, bytes.data(), bytes.size(), 0), size);
  return bytes;
}

TEST_F(SourceFileTest, TheBytesAreCopiedAndSealed) {
  const std::string bytes = "GIF89a" + std::string(1'000'000, 'x');
  const SourceRead read = Read(bytes);
  ASSERT_TRUE(read.file.ok()) << read.file.status();
  EXPECT_EQ(read.file->format, ImageFormat::kGif);
  EXPECT_EQ(Contents(read.file->bytes.get(), read.identity->size_bytes), bytes);
  EXPECT_EQ(::fcntl(read.file->bytes.get(), F_GET_SEALS),
            F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
  EXPECT_LT(::pwrite(read.file->bytes.get(), "y", 1, 0), 0);
}

// XXH3-128 of "GIF89a" written out, so that the form in the database never changes.
TEST_F(SourceFileTest, TheDigestIsTheCanonicalOne) {
  const SourceRead read = Read("GIF89a");
  ASSERT_TRUE(read.file.ok()) << read.file.status();
  EXPECT_EQ(read.file->digest.Hex(), "c73ae08352d3440db4d1889de5fda4fe");
}

TEST_F(SourceFileTest, TheIdentityIsTheFilesOwn) {
  const SourceRead read = Read("GIF89a");
  struct stat about {};
  ASSERT_EQ(::stat((folder_.path() + "/file").c_str(), &about), 0);
  ASSERT_TRUE(read.identity.has_value());
  EXPECT_EQ(read.identity->size_bytes, 6);
  EXPECT_EQ(read.identity->inode, about.st_ino);
  EXPECT_EQ(read.identity->mtime_ns,
            about.st_mtim.tv_sec * std::int64_t{1'000'000'000} + about.st_mtim.tv_nsec);
}

TEST_F(SourceFileTest, NoImageIsAVerdictThatSaysWhatItLooksLike) {
  const SourceRead read = Read("dear diary\n");
  EXPECT_EQ(read.file.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(Reason(read.file.status()), "UNSUPPORTED_FORMAT");
  EXPECT_TRUE(absl::StrContains(read.file.status().message(), "looks like text"));
  EXPECT_EQ(read.identity->size_bytes, 11);
}

TEST_F(SourceFileTest, AnEmptyFileIsAVerdict) {
  const SourceRead read = Read("");
  EXPECT_EQ(Reason(read.file.status()), "UNSUPPORTED_FORMAT");
  EXPECT_TRUE(absl::StrContains(read.file.status().message(), "an empty file"));
}

TEST_F(SourceFileTest, AFileOverTheLimitIsAVerdictWithBothNumbers) {
  const SourceRead read = Read("GIF89a" + std::string(100, 'x'), SourceLimits{105});
  EXPECT_EQ(read.file.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Reason(read.file.status()), "TOO_LARGE");
  EXPECT_TRUE(absl::StrContains(read.file.status().message(), "106"));
  EXPECT_TRUE(absl::StrContains(read.file.status().message(), "105"));
  EXPECT_TRUE(Read("GIF89a" + std::string(99, 'x'), SourceLimits{105}).file.ok());
  const FormatLimits larger = {{ImageFormat::kGif, {.max_source_bytes = 106}}};
  EXPECT_TRUE(Read("GIF89a" + std::string(100, 'x'), SourceLimits{105, larger}).file.ok());
  EXPECT_FALSE(Read("BM" + std::string(104, '\0'), SourceLimits{105, larger}).file.ok());
}

TEST_F(SourceFileTest, AMissingFileHasNoIdentity) {
  const SourceRead read = ReadSource(library_, "missing", {});
  EXPECT_EQ(read.file.status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(read.identity.has_value());
}

// A writer that never rests; whichever way the two interleave, a read in which something
// changed must not pass for whole.
TEST_F(SourceFileTest, AFileThatChangesWhileItIsReadIsPutBack) {
  folder_.Write("file", "GIF89a" + std::string(20'000'000, 'x'));
  const std::string path = folder_.path() + "/file";
  std::atomic<bool> enough = false;
  NamedThread writer("writer", [&] {
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    for (long i = 0; !enough; ++i) {
      const timespec times[2] = {{i, 0}, {i, 0}};
      ::futimens(file.get(), times);
    }
  });
  absl::Status status;
  for (int i = 0; i < 1000 && status.ok(); ++i) {
    status = ReadSource(library_, "file", {}).file.status();
  }
  enough = true;
  writer.Join();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "file")) << status;
}
}  // namespace
}  // namespace hestia
