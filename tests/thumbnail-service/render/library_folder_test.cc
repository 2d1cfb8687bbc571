#include "thumbnail-service/render/library_folder.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <set>

#include <absl/strings/match.h>
#include <gmock/gmock.h>

#include "common/named_thread.h"
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

  void MakeSocket(const std::string& name) {
    const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder_.path() + "/" + name).copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
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
  std::filesystem::create_directory(folder_.path() + "/folder.jpg");
  ASSERT_EQ(::mkfifo((folder_.path() + "/fifo.jpg").c_str(), 0600), 0);
  MakeSocket("socket.jpg");
  EXPECT_EQ(Code("folder.jpg"), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Code("fifo.jpg"), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Code("socket.jpg"), absl::StatusCode::kFailedPrecondition);
}

TEST_F(LibraryFolderTest, DevicesAreNotOpened) {
  const LibraryFolder devices = LibraryFolder::Open("/dev").value();
  EXPECT_EQ(devices.OpenFile("null").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(devices.OpenFile("full").status().code(), absl::StatusCode::kFailedPrecondition);
}

// Two entries change places all the time, one of them a link that leads outside.
class SwappedLinkTest : public LibraryFolderTest {
 protected:
  SwappedLinkTest() {
    std::filesystem::create_directory(folder_.path() + "/folder");
    folder_.Write("folder/file", "inside");
    folder_.Write("plain", "inside");
    outside_.Write("file", "outside");
    Link(outside_.path(), "folder-link");
    Link(outside_.path() + "/file", "plain-link");
  }

  void Swap(const std::string& a, const std::string& b) {
    ::renameat2(AT_FDCWD, (folder_.path() + "/" + a).c_str(), AT_FDCWD,
                (folder_.path() + "/" + b).c_str(), RENAME_EXCHANGE);
  }

  // What was read, of the times that it could be.
  std::set<std::string> ReadWhileSwapped(absl::string_view path, const std::string& a,
                                         const std::string& b) {
    std::atomic<bool> enough = false;
    NamedThread swapper("swapper", [&] {
      while (!enough) Swap(a, b);
    });
    std::set<std::string> read;
    for (int i = 0; i < 3000; ++i) {
      const absl::StatusOr<UniqueFd> file = library_.OpenFile(path);
      if (!file.ok()) continue;
      std::string text(16, 0);
      text.resize(static_cast<std::size_t>(::read(file->get(), text.data(), text.size())));
      read.insert(text);
    }
    enough = true;
    swapper.Join();
    return read;
  }

  TemporaryFolder outside_;
};

TEST_F(SwappedLinkTest, NothingOutsideIsReadThroughAFolder) {
  EXPECT_THAT(ReadWhileSwapped("folder/file", "folder", "folder-link"),
              testing::ElementsAre("inside"));
}

TEST_F(SwappedLinkTest, NothingOutsideIsReadThroughAFile) {
  EXPECT_THAT(ReadWhileSwapped("plain", "plain", "plain-link"), testing::ElementsAre("inside"));
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
