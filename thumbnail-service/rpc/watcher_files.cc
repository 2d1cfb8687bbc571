#include "thumbnail-service/rpc/watcher_files.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "common/error_reason.h"
#include "common/grpc_server.h"
#include "common/grpc_status.h"

namespace hestia {
namespace {

namespace v1 = watcher::v1;

// Long for the largest file over a slow network, and under the time after which a claim is
// given up.
constexpr absl::Duration kLongestRead = absl::Minutes(5);

// Only what the watcher says about the file itself is judged; whatever else comes between the
// two of us says nothing about it.
absl::Status FromWatcher(const grpc::Status& status, absl::string_view path) {
  const absl::Status given = FromGrpc(status);
  const std::string reason = ReasonOf(given).value_or("");
  for (const char* const about_the_file :
       {"FILE_NOT_FOUND", "FILE_UNREADABLE", "NOT_A_FILE", "FILE_IO_ERROR", "PATH_INVALID"}) {
    if (reason == about_the_file) return absl::Status(given.code(), given.message());
  }
  return absl::AbortedError(absl::StrCat("the watcher-service does not give \"", path,
                                         "\" now: ", given.ok() ? "cut short" : given.ToString()));
}

FileStamp ToStamp(const v1::ReadFileResponse::Opened& opened) {
  const absl::Time modified = absl::FromUnixSeconds(opened.modified_at().seconds()) +
                              absl::Nanoseconds(opened.modified_at().nanos());
  return FileStamp{.size_bytes = static_cast<std::int64_t>(opened.size_bytes()),
                   .mtime_ns = absl::ToUnixNanos(modified),
                   .inode = opened.inode()};
}

}  // namespace

class WatcherFiles::WatcherFile final : public OpenedFile {
 public:
  WatcherFile(WatcherFiles& files, const std::string& library, absl::string_view path)
      : files_(files), path_(path) {
    context_.set_deadline(absl::ToChronoTime(absl::Now() + kLongestRead));
    v1::ReadFileRequest request;
    request.set_library(library);
    request.set_path(path_);
    if (!files_.Enter(context_)) context_.TryCancel();
    stream_ = files_.stub_->ReadFile(&context_, request);
  }

  ~WatcherFile() override {
    files_.Leave(context_);
    if (finished_) return;
    context_.TryCancel();
    stream_->Finish();
  }

  // Waits for what was opened.
  absl::Status Open() {
    if (absl::Status status = Next(); !status.ok()) return status;
    if (!response_.has_opened()) return absl::AbortedError("the watcher-service spoke out of turn");
    stamp_ = ToStamp(response_.opened());
    return absl::OkStatus();
  }

  const FileStamp& stamp() const override { return stamp_; }

  absl::StatusOr<std::size_t> Read(char* target, std::size_t size) override {
    std::size_t done = 0;
    while (done < size && !response_.has_end()) {
      const std::string& data = response_.data();
      const std::size_t piece = std::min(size - done, data.size() - taken_);
      data.copy(target + done, piece, taken_);
      done += piece;
      taken_ += piece;
      if (taken_ < data.size()) break;
      if (absl::Status status = Next(); !status.ok()) return status;
    }
    return done;
  }

  absl::Status CheckUnchanged() override {
    if (response_.has_end() && !response_.end().changed()) return absl::OkStatus();
    return absl::AbortedError(absl::StrCat(path_, " changed while it was read"));
  }

 private:
  absl::Status Next() {
    taken_ = 0;
    if (stream_->Read(&response_)) return absl::OkStatus();
    finished_ = true;
    return FromWatcher(stream_->Finish(), path_);
  }

  WatcherFiles& files_;
  const std::string path_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::ReadFileResponse>> stream_;
  v1::ReadFileResponse response_;
  std::size_t taken_ = 0;  // bytes of response_
  bool finished_ = false;
  FileStamp stamp_;
};

WatcherFiles::WatcherFiles(const std::string& address, const LibraryRoots& libraries)
    : address_(address),
      libraries_(libraries),
      channel_(GrpcClientChannel(address)),
      stub_(v1::WatcherService::NewStub(channel_)) {}

absl::StatusOr<std::unique_ptr<OpenedFile>> WatcherFiles::Open(std::int64_t library_id,
                                                               absl::string_view path) {
  const std::optional<LibraryRoots::Library> library = libraries_.Find(library_id);
  if (!library.has_value()) return absl::AbortedError("the library is not known yet");
  auto file = std::make_unique<WatcherFile>(*this, library->name, path);
  if (absl::Status status = file->Open(); !status.ok()) return status;
  return file;
}

bool WatcherFiles::Reachable() const {
  return channel_->GetState(/*try_to_connect=*/true) != GRPC_CHANNEL_TRANSIENT_FAILURE;
}

std::vector<std::int64_t> WatcherFiles::Available() {
  std::vector<std::int64_t> ids;
  if (!Reachable()) return ids;
  for (const LibraryRoots::Library& library : libraries_.All()) ids.push_back(library.id);
  return ids;
}

std::string WatcherFiles::Problem() const {
  if (Reachable()) return "";
  return absl::StrCat("the watcher-service at ", address_,
                      " cannot be reached, so no file can be read and no jobs are taken");
}

void WatcherFiles::Cancel() {
  absl::MutexLock lock(&mu_);
  cancelled_ = true;
  for (grpc::ClientContext* const context : contexts_) context->TryCancel();
}

bool WatcherFiles::Enter(grpc::ClientContext& context) {
  absl::MutexLock lock(&mu_);
  if (!cancelled_) contexts_.insert(&context);
  return !cancelled_;
}

void WatcherFiles::Leave(grpc::ClientContext& context) {
  absl::MutexLock lock(&mu_);
  contexts_.erase(&context);
}

}  // namespace hestia
