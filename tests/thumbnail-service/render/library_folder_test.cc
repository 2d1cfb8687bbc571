#include "thumbnail-service/render/library_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include <absl/strings/match.h>

#include "common/path_text.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
class LibraryFolderTest : public testing::Test {
 protected:
  LibraryFolderTest() : library_(LibraryFolder::Open(folder_.path()).value()) {}

  absl::StatusCode Code(absl::string_view path) {
    const absl::Status status = library_.OpenFile(path).status();
    if (!status.ok()) {
      EXPECT_TRUE(absl::StrContains(status.message(), path)) << status;
    }
    return status.code();
  }
  void Link(const std::string& to, const std::string& name) {
    std::filesystem::create_symlink(to, folder_.path() + "/" + name);
  }

  TemporaryFolder folder_;
  LibraryFolder library_;
};

TEST_F(LibraryFolderTest, AFileBeneathTheRootIsOpened) {
  std::filesystem::create_directories(folder_.path() + "/a/b");
  folder_.Write("a/b/c", "x");
  EXPECT_EQ(Code("a/b/c"), absl::StatusCode::kOk);
}

TEST_F(LibraryFolderTest, PathsThatLeaveTheRootAreRefused) {
  for (const char* path : {"../etc/passwd", "/etc/passwd", "a/../../b", ".", "", "a//b", "a/"}) {
    EXPECT_EQ(Code(path), absl::StatusCode::kInvalidArgument) << path;
  }
}

TEST_F(LibraryFolderTest, SymbolicLinksAreRefusedWhereverTheyAre) {
  folder_.Write("real", "x");
  std::filesystem::create_directory(folder_.path() + "/folder");
  folder_.Write("folder/file", "x");
  Link("real", "inside");
  Link("/etc/passwd", "outside");
  Link("folder", "linked");
  EXPECT_EQ(Code("inside"), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Code("outside"), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Code("linked/file"), absl::StatusCode::kFailedPrecondition);
}

TEST_F(LibraryFolderTest, TheRootItselfMayBeALink) {
  folder_.Write("file", "x");
  const TemporaryFolder other;
  std::filesystem::create_symlink(folder_.path(), other.path() + "/root");
  const absl::StatusOr<LibraryFolder> linked = LibraryFolder::Open(other.path() + "/root");
  ASSERT_TRUE(linked.ok()) << linked.status();
  EXPECT_TRUE(linked->OpenFile("file").ok());
}

TEST_F(LibraryFolderTest, OnlyRegularFilesAreOpenedAndAFifoDoesNotHang) {
  std::filesystem::create_directory(folder_.path() + "/folder");
  ASSERT_EQ(::mkfifo((folder_.path() + "/fifo").c_str(), 0600), 0);
  EXPECT_EQ(Code("folder"), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Code("fifo"), absl::StatusCode::kFailedPrecondition);
}

TEST_F(LibraryFolderTest, AMissingFileIsNotFound) {
  folder_.Write("file", "x");
  EXPECT_EQ(Code("missing"), absl::StatusCode::kNotFound);
  EXPECT_EQ(Code("file/beneath"), absl::StatusCode::kNotFound);
}

TEST_F(LibraryFolderTest, AFileWithoutPermissionIsToldSo) {
  if (::geteuid() == 0) GTEST_SKIP() << "nothing is forbidden to root";
  folder_.Write("secret", "x");
  ASSERT_EQ(::chmod((folder_.path() + "/secret").c_str(), 0), 0);
  EXPECT_EQ(Code("secret"), absl::StatusCode::kPermissionDenied);
}

TEST_F(LibraryFolderTest, NamesThatAreNotUtf8AreOpenedByTheirText) {
  const std::string raw = "caf\xe9\\.jpg";
  folder_.Write(raw, "x");
  EXPECT_EQ(Code(EncodePathText(raw)), absl::StatusCode::kOk);
}

TEST_F(LibraryFolderTest, ARootThatIsNoFolderIsToldByKind) {
  folder_.Write("file", "x");
  EXPECT_EQ(LibraryFolder::Open(folder_.path() + "/missing").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(LibraryFolder::Open(folder_.path() + "/file").status().code(),
            absl::StatusCode::kFailedPrecondition);
}
}  // namespace
}  // namespace hestia
