#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "common/error_reason.h"
#include "common/path_text.h"
#include "tests/watcher-service/rpc/served_watcher.h"
#include "tests/watcher-service/unprivileged.h"

namespace hestia {
namespace {

using watcher::v1::ReadFileResponse;

constexpr std::size_t kChunk = std::size_t{256} << 10;
// More than gRPC and the kernel hold for a reader that does not take it.
constexpr std::size_t kMuch = std::size_t{32} << 20;

// One ReadFile call, read to its end or step by step.
class FileReading {
 public:
  FileReading(watcher::v1::WatcherService::Stub& stub, const std::string& path,
              const std::string& library = "photos") {
    watcher::v1::ReadFileRequest request;
    request.set_library(library);
    request.set_path(path);
    stream_ = stub.ReadFile(&context_, request);
  }
  ~FileReading() { context_.TryCancel(); }

  // Takes one message. False at the stream's end.
  bool Step() {
    ReadFileResponse response;
    if (!stream_->Read(&response)) return false;
    if (response.has_opened()) {
      EXPECT_FALSE(opened.has_value());
      EXPECT_TRUE(data.empty());
      opened = response.opened();
    } else if (response.has_end()) {
      EXPECT_FALSE(end.has_value());
      end = response.end();
    } else {
      EXPECT_FALSE(end.has_value());
      EXPECT_FALSE(response.data().empty());
      EXPECT_LE(response.data().size(), kChunk);
      data += response.data();
    }
    return true;
  }
  absl::Status Finish() {
    while (Step()) {
    }
    return FromGrpc(stream_->Finish());
  }
  void Cancel() { context_.TryCancel(); }

  std::optional<ReadFileResponse::Opened> opened;
  std::string data;
  std::optional<ReadFileResponse::End> end;

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<ReadFileResponse>> stream_;
};

class ReadFileTest : public ServedWatcherTest {
 protected:
  void ExpectRefusal(const std::string& path, absl::StatusCode code, const std::string& reason) {
    FileReading reading(*stub_, path);
    const absl::Status status = reading.Finish();
    EXPECT_EQ(status.code(), code) << path << ": " << status;
    EXPECT_EQ(ReasonOf(status), reason) << path;
    EXPECT_FALSE(reading.opened.has_value()) << path;
  }
  void ExpectNotAFile(const std::string& path) {
    ExpectRefusal(path, absl::StatusCode::kFailedPrecondition, "NOT_A_FILE");
  }
  std::uint32_t OpenReads() {
    grpc::ClientContext context;
    watcher::v1::GetStatsResponse stats;
    EXPECT_TRUE(stub_->GetStats(&context, {}, &stats).ok());
    return stats.reads();
  }
  static std::string Bytes(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 2654435761U >> 13);
    return bytes;
  }

  // Opens a large file, does `change` while it is being read, and answers what `end` says.
  template <typename Change>
  bool ChangedAfter(Change change) {
    folder_.Write("big", Bytes(kMuch));
    FileReading reading(*stub_, "big");
    EXPECT_TRUE(reading.Step() && reading.Step());
    change();
    EXPECT_TRUE(reading.Finish().ok());
    EXPECT_TRUE(reading.end.has_value());
    return reading.end.has_value() && reading.end->changed();
  }
};

TEST_F(ReadFileTest, EveryByteComesOnceInChunksOfBoundedSize) {
  Serve();
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, kChunk - 1, kChunk, kChunk + 1, 5 * kChunk + 7}) {
    folder_.Write("f", Bytes(size));
    FileReading reading(*stub_, "f");
    ASSERT_TRUE(reading.Finish().ok());
    EXPECT_TRUE(reading.data == Bytes(size)) << size;
    ASSERT_TRUE(reading.opened.has_value() && reading.end.has_value());
    EXPECT_EQ(reading.opened->size_bytes(), size);
    EXPECT_FALSE(reading.end->changed());
  }
}

TEST_F(ReadFileTest, WhatIsOpenedIsDescribedAsTheFeedDoes) {
  folder_.MakeDirs("a/b");
  folder_.Write("a/b/f", "hello");
  const timespec times[2] = {{5, 0}, {-3, 999'999'999}};
  ASSERT_EQ(utimensat(AT_FDCWD, folder_.Full("a/b/f").c_str(), times, 0), 0);
  struct stat status {};
  ASSERT_EQ(stat(folder_.Full("a/b/f").c_str(), &status), 0);
  Serve();
  FileReading reading(*stub_, "a/b/f");
  ASSERT_TRUE(reading.Finish().ok());
  EXPECT_EQ(reading.opened->inode(), status.st_ino);
  EXPECT_EQ(reading.opened->modified_at().seconds(), -3);
  EXPECT_EQ(reading.opened->modified_at().nanos(), 999'999'999);
}

TEST_F(ReadFileTest, AnyNameCanBeRead) {
  Serve();
  for (const std::string& raw : {std::string("line\nbreak"), std::string("\xff\xfe\\%_'\""),
                                 std::string(255, 'n'), std::string("\xc3\xa4\x01")}) {
    folder_.Write(raw, raw);
    FileReading reading(*stub_, EncodePathText(raw));
    ASSERT_TRUE(reading.Finish().ok());
    EXPECT_EQ(reading.data, raw);
  }
}

TEST_F(ReadFileTest, MistakesAreToldWithTheirReason) {
  Serve();
  for (const char* const path : {"", "/etc/passwd", "..", "../x", "a/../../x", "a//b", "./a", "a/",
                                 "bad\\escape", "nul\\x00"}) {
    ExpectRefusal(path, absl::StatusCode::kInvalidArgument, "PATH_INVALID");
  }
  ExpectRefusal("none", absl::StatusCode::kNotFound, "FILE_NOT_FOUND");
  ExpectRefusal("none/at/all", absl::StatusCode::kNotFound, "FILE_NOT_FOUND");
  EXPECT_EQ(ReasonOf(FileReading(*stub_, "f", "").Finish()), "LIBRARY_MISSING");
  EXPECT_EQ(ReasonOf(FileReading(*stub_, "f", "others").Finish()), "LIBRARY_UNKNOWN");
}

TEST_F(ReadFileTest, WhatTheFeedIgnoresCannotBeRead) {
  folder_.MakeDirs(".git/objects");
  folder_.Write(".git/objects/key", "secret");
  folder_.Write("copy.tmp", "half");
  Serve();
  ExpectRefusal(".git/objects/key", absl::StatusCode::kNotFound, "FILE_NOT_FOUND");
  ExpectRefusal("copy.tmp", absl::StatusCode::kNotFound, "FILE_NOT_FOUND");
}

TEST_F(ReadFileTest, NoLinkLeadsOut) {
  const TempFolder outside;
  outside.Write("secret", "secret");
  folder_.MakeDirs("d");
  ASSERT_EQ(symlink(outside.Full("secret").c_str(), folder_.Full("link").c_str()), 0);
  ASSERT_EQ(symlink(outside.path().c_str(), folder_.Full("d/way").c_str()), 0);
  ASSERT_EQ(symlink("../d", folder_.Full("d/self").c_str()), 0);
  folder_.Write("d/f", "");
  Serve();
  ExpectNotAFile("link");
  ExpectNotAFile("d/way/secret");
  ExpectNotAFile("d/self/f");
}

TEST_F(ReadFileTest, OnlyRegularFilesAreOpened) {
  folder_.MakeDirs("d");
  ASSERT_EQ(mkfifo(folder_.Full("fifo").c_str(), 0666), 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string place = folder_.Full("socket");
  ASSERT_LT(place.copy(address.sun_path, sizeof(address.sun_path) - 1),
            sizeof(address.sun_path) - 1);
  const UniqueFd socket_fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(bind(socket_fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  Serve();
  ExpectNotAFile("d");
  ExpectNotAFile("fifo");
  ExpectNotAFile("socket");
  if (mknod(folder_.Full("zero").c_str(), S_IFCHR | 0666, makedev(1, 5)) == 0) {
    ExpectNotAFile("zero");
  }
}

TEST_F(ReadFileTest, WhatTheUserMayNotReadIsSaidSo) {
  folder_.Write("f", "x");
  ASSERT_EQ(chmod(folder_.Full("f").c_str(), 0), 0);
  Serve();
  const Unprivileged ordinary(folder_);
  ExpectRefusal("f", absl::StatusCode::kPermissionDenied, "FILE_UNREADABLE");
}

TEST_F(ReadFileTest, AMissingRootIsNotAMissingFile) {
  folder_.Write("f", "x");
  Serve();
  folder_.Remove("");
  ExpectRefusal("f", absl::StatusCode::kFailedPrecondition, "ROOT_UNAVAILABLE");
}

TEST_F(ReadFileTest, AFileThatChangesMeanwhileIsToldAsChanged) {
  Serve();
  const std::string big = folder_.Full("big");
  EXPECT_FALSE(ChangedAfter([] {}));
  EXPECT_TRUE(ChangedAfter([&] { EXPECT_EQ(truncate(big.c_str(), 1000), 0); }));
  EXPECT_TRUE(ChangedAfter([&] { EXPECT_EQ(truncate(big.c_str(), 2 * kMuch), 0); }));
  EXPECT_TRUE(ChangedAfter([&] { folder_.Write("big", "other"); }));
  EXPECT_TRUE(ChangedAfter([&] { folder_.Remove("big"); }));
  EXPECT_TRUE(ChangedAfter([&] { folder_.Rename("big", "elsewhere"); }));
}

TEST_F(ReadFileTest, AReplacedFileIsToldAsChangedThoughTheOldOneIsWhole) {
  Serve();
  folder_.Write("new", Bytes(kMuch));
  EXPECT_TRUE(ChangedAfter([&] { folder_.Rename("new", "big"); }));
}

TEST_F(ReadFileTest, AWriterThatRestoresTheTimeIsNoticed) {
  Serve();
  EXPECT_TRUE(ChangedAfter([&] {
    struct stat status {};
    const UniqueFd fd(open(folder_.Full("big").c_str(), O_WRONLY | O_CLOEXEC));
    EXPECT_EQ(fstat(fd.get(), &status), 0);
    EXPECT_EQ(pwrite(fd.get(), "x", 1, kMuch - 1), 1);
    const timespec times[2] = {status.st_atim, status.st_mtim};
    EXPECT_EQ(futimens(fd.get(), times), 0);
  }));
}

TEST_F(ReadFileTest, MoreReadsThanAllowedAreRefusedAndCounted) {
  folder_.Write("big", Bytes(kMuch));
  Serve({.max_streams = 1, .max_reads = 1});
  FileReading first(*stub_, "big");
  ASSERT_TRUE(first.Step());
  EXPECT_EQ(OpenReads(), 1U);
  ExpectRefusal("big", absl::StatusCode::kResourceExhausted, "TOO_MANY_READS");
  ASSERT_TRUE(first.Finish().ok());
  EXPECT_EQ(first.data.size(), kMuch);
}

TEST_F(ReadFileTest, AReaderThatTakesNothingIsCutOffAndItsPlaceIsFree) {
  folder_.Write("big", Bytes(kMuch));
  Serve({.max_streams = 1, .max_reads = 1, .stall_timeout = absl::Milliseconds(200)});
  FileReading stalled(*stub_, "big");
  ASSERT_TRUE(stalled.Step());
  absl::Status status;
  do {
    FileReading second(*stub_, "big");
    status = second.Finish();
  } while (ReasonOf(status) == "TOO_MANY_READS");
  EXPECT_TRUE(status.ok()) << status;
  const absl::Status cut = stalled.Finish();
  EXPECT_TRUE(ReasonOf(cut) == "READER_STALLED" || absl::IsCancelled(cut)) << cut;
  EXPECT_FALSE(stalled.end.has_value());
}

TEST_F(ReadFileTest, AReaderThatGoesAwayGivesItsPlaceBack) {
  folder_.Write("big", Bytes(kMuch));
  Serve({.max_streams = 1, .max_reads = 1});
  for (int i = 0; i < 20; ++i) {
    FileReading reading(*stub_, "big");
    reading.Step();  // refused while the one before is being ended
    reading.Cancel();
  }
  absl::Status status;
  do {
    status = FileReading(*stub_, "big").Finish();
  } while (ReasonOf(status) == "TOO_MANY_READS");
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(ReadFileTest, AStopEndsReadsThatAreUnderWay) {
  folder_.Write("big", Bytes(kMuch));
  Serve();
  FileReading reading(*stub_, "big");
  ASSERT_TRUE(reading.Step());
  service_->RefuseStreams();
  libraries_->End(StoppingStatus());
  ExpectRefusal("big", absl::StatusCode::kUnavailable, "STOPPING");
  const absl::Status status = reading.Finish();
  EXPECT_EQ(ReasonOf(status), "STOPPING") << status;
  EXPECT_FALSE(reading.end.has_value());
}

}  // namespace
}  // namespace hestia
