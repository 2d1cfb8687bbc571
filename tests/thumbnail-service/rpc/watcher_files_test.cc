#include "thumbnail-service/rpc/watcher_files.h"

#include <functional>

#include <absl/synchronization/notification.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/error_reason.h"
#include "common/grpc_server.h"
#include "common/grpc_status.h"
#include "common/named_thread.h"
#include "thumbnail-service/jobs/verdict.h"
#include "thumbnail-service/render/source_file.h"

namespace hestia {
namespace {

using watcher::v1::ReadFileRequest;
using watcher::v1::ReadFileResponse;
using Writer = grpc::ServerWriter<ReadFileResponse>;

// A watcher whose ReadFile does what a test says.
class ScriptedWatcher final : public watcher::v1::WatcherService::Service {
 public:
  std::function<absl::Status(const ReadFileRequest&, grpc::ServerContext&, Writer&)> script;

  grpc::Status ReadFile(grpc::ServerContext* context, const ReadFileRequest* request,
                        Writer* writer) override {
    return ToGrpc(script(*request, *context, *writer));
  }
};

void Opened(Writer& writer, std::uint64_t size) {
  ReadFileResponse response;
  response.mutable_opened()->set_size_bytes(size);
  response.mutable_opened()->mutable_modified_at()->set_seconds(-1);
  response.mutable_opened()->mutable_modified_at()->set_nanos(500'000'000);
  response.mutable_opened()->set_inode(0xFEDCBA9876543210U);
  writer.Write(response);
}

void Data(Writer& writer, const std::string& bytes) {
  ReadFileResponse response;
  response.set_data(bytes);
  writer.Write(response);
}

void End(Writer& writer, bool changed) {
  ReadFileResponse response;
  response.mutable_end()->set_changed(changed);
  writer.Write(response);
}

class WatcherFilesTest : public testing::Test {
 protected:
  WatcherFilesTest() {
    roots_.Register(7, "photos", "/nowhere/at/all");
    auto server = GrpcServer::Start("127.0.0.1:0", "hestia.watcher.v1.WatcherService", &watcher_);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    files_ = std::make_unique<WatcherFiles>(server_->address(), roots_);
  }

  SourceRead Read(const SourceLimits& limits = {}) {
    return ReadSource(files_->Open(7, "a/b.gif"), "a/b.gif", limits);
  }
  // What a worker makes of a refusal.
  FailedAttempt JudgeRefusal(const absl::Status& refusal) {
    watcher_.script = [&](const auto&, auto&, auto&) { return refusal; };
    const absl::StatusOr<std::unique_ptr<OpenedFile>> file = files_->Open(7, "a");
    EXPECT_FALSE(file.ok());
    return Judge(file.status());
  }

  ScriptedWatcher watcher_;
  LibraryRoots roots_{{}};
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<WatcherFiles> files_;
};

TEST_F(WatcherFilesTest, BytesAndIdentityComeAsTheWatcherReadsThem) {
  const std::string bytes = "GIF89a" + std::string(1'000'000, 'x');
  std::string asked;
  watcher_.script = [&](const ReadFileRequest& request, auto&, Writer& writer) {
    asked = request.library() + ":" + request.path();
    Opened(writer, bytes.size());
    for (std::size_t i = 0; i < bytes.size(); i += 100'000) Data(writer, bytes.substr(i, 100'000));
    End(writer, false);
    return absl::OkStatus();
  };
  const SourceRead read = Read();
  ASSERT_TRUE(read.file.ok()) << read.file.status();
  EXPECT_EQ(asked, "photos:a/b.gif");
  EXPECT_EQ(read.identity->size_bytes, 1'000'006);
  EXPECT_EQ(read.identity->mtime_ns, -500'000'000);
  EXPECT_EQ(read.identity->inode, 0xFEDCBA9876543210U);
  std::string held(bytes.size(), '\0');
  EXPECT_EQ(pread(read.file->bytes.get(), held.data(), held.size(), 0), 1'000'006);
  EXPECT_TRUE(held == bytes);
}

TEST_F(WatcherFilesTest, AnEmptyFileIsReadToItsEnd) {
  watcher_.script = [](const auto&, auto&, Writer& writer) {
    Opened(writer, 0);
    End(writer, false);
    return absl::OkStatus();
  };
  EXPECT_EQ(ReasonOf(Read().file.status()), "UNSUPPORTED_FORMAT");
}

TEST_F(WatcherFilesTest, AFileThatChangedMeanwhileGoesBackFreeOfCharge) {
  watcher_.script = [](const auto&, auto&, Writer& writer) {
    Opened(writer, 6);
    Data(writer, "GIF89a");
    End(writer, true);
    return absl::OkStatus();
  };
  const absl::Status status = Read().file.status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
  EXPECT_TRUE(Judge(status).free_of_charge);
}

TEST_F(WatcherFilesTest, AStreamThatIsCutShortIsNotAWholeFile) {
  for (const absl::Status& end :
       {absl::OkStatus(), absl::UnavailableError("gone"), absl::DeadlineExceededError("late")}) {
    watcher_.script = [&](const auto&, auto&, Writer& writer) {
      Opened(writer, 6);
      Data(writer, "GIF89a");
      return end;
    };
    const SourceRead read = Read();
    EXPECT_EQ(read.file.status().code(), absl::StatusCode::kAborted) << read.file.status();
    EXPECT_TRUE(read.identity.has_value());
  }
}

TEST_F(WatcherFilesTest, OnlyWhatIsSaidOfTheFileIsJudged) {
  const auto refusal = [](absl::StatusCode code, absl::string_view reason) {
    return WithReason(absl::Status(code, "because"), reason);
  };
  using Code = absl::StatusCode;
  EXPECT_TRUE(JudgeRefusal(refusal(Code::kPermissionDenied, "FILE_UNREADABLE")).verdict.has_value());
  EXPECT_TRUE(JudgeRefusal(refusal(Code::kFailedPrecondition, "NOT_A_FILE")).verdict.has_value());
  const FailedAttempt io_error = JudgeRefusal(refusal(Code::kUnavailable, "FILE_IO_ERROR"));
  EXPECT_FALSE(io_error.verdict.has_value() || io_error.free_of_charge);
  for (const absl::Status& status :
       {refusal(Code::kNotFound, "FILE_NOT_FOUND"), refusal(Code::kNotFound, "LIBRARY_UNKNOWN"),
        refusal(Code::kFailedPrecondition, "ROOT_UNAVAILABLE"),
        refusal(Code::kResourceExhausted, "TOO_MANY_READS"),
        refusal(Code::kResourceExhausted, "READER_STALLED"), refusal(Code::kUnavailable, "STOPPING"),
        absl::PermissionDeniedError("a proxy says no"), absl::UnimplementedError("an old watcher"),
        absl::InternalError("broken")}) {
    const FailedAttempt failed = JudgeRefusal(status);
    EXPECT_FALSE(failed.verdict.has_value()) << status;
    EXPECT_TRUE(failed.free_of_charge) << status;
  }
}

TEST_F(WatcherFilesTest, NoMoreIsTakenOfAFileThatWillNotBeRendered) {
  bool cancelled = false;
  absl::Notification over;
  watcher_.script = [&](const auto&, grpc::ServerContext& context, Writer& writer) {
    Opened(writer, 1'000'000'000);
    while (!context.IsCancelled()) Data(writer, "GIF89a" + std::string(200'000, 'x'));
    cancelled = context.IsCancelled();
    over.Notify();
    return absl::OkStatus();
  };
  EXPECT_EQ(ReasonOf(Read(SourceLimits{1'000'000}).file.status()), "TOO_LARGE");
  over.WaitForNotification();
  EXPECT_TRUE(cancelled);
}

TEST_F(WatcherFilesTest, ALibraryIsAvailableWithoutItsFolderWhileTheWatcherIsThere) {
  EXPECT_THAT(files_->Available(), testing::ElementsAre(7));
  EXPECT_EQ(files_->Problem(), "");
  server_->Stop(absl::ZeroDuration());
  watcher_.script = [](const auto&, auto&, Writer&) { return absl::OkStatus(); };
  // The call that loses its connection may end before the channel knows that no other can be had;
  // a later one waits for that.
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  do {
    EXPECT_EQ(files_->Open(7, "a").status().code(), absl::StatusCode::kAborted);
  } while (!files_->Available().empty() && absl::Now() < deadline);
  EXPECT_THAT(files_->Available(), testing::IsEmpty());
  EXPECT_THAT(files_->Problem(), testing::HasSubstr(server_->address()));
}

TEST_F(WatcherFilesTest, ALibraryThatIsNotKnownYetIsTriedAgain) {
  EXPECT_TRUE(Judge(files_->Open(8, "a").status()).free_of_charge);
}

TEST_F(WatcherFilesTest, AStopEndsAReadThatHangs) {
  absl::Notification reading;
  watcher_.script = [&](const auto&, grpc::ServerContext& context, Writer& writer) {
    Opened(writer, 100);
    reading.Notify();
    while (!context.IsCancelled()) Data(writer, "x");
    return absl::CancelledError("the caller went away");
  };
  NamedThread stopper("stopper", [&] {
    reading.WaitForNotification();
    files_->Cancel();
  });
  const absl::StatusOr<std::unique_ptr<OpenedFile>> file = files_->Open(7, "a");
  absl::Status status = file.status();
  char buffer[64];
  while (status.ok()) status = (*file)->Read(buffer, sizeof(buffer)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
  stopper.Join();
  EXPECT_EQ(files_->Open(7, "a").status().code(), absl::StatusCode::kAborted) << "for good";
}

}  // namespace
}  // namespace hestia
