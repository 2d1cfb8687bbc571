#include "watcher-service/rpc/read_file_stream.h"

#include <utility>

#include "common/error_reason.h"
#include "common/grpc_status.h"
#include "watcher-service/feed/root_directory.h"

namespace hestia {
namespace {
// How long a Finish may queue behind data the peer does not read.
constexpr absl::Duration kFinishGrace = absl::Seconds(2);

void SetOpened(const struct stat& status, watcher::v1::ReadFileResponse::Opened& opened) {
  opened.set_size_bytes(static_cast<std::uint64_t>(status.st_size));
  opened.mutable_modified_at()->set_seconds(status.st_mtim.tv_sec);
  opened.mutable_modified_at()->set_nanos(static_cast<int>(status.st_mtim.tv_nsec));
  opened.set_inode(status.st_ino);
}
}  // namespace

ReadFileStream::ReadFileStream(grpc::CallbackServerContext& context,
                               std::shared_ptr<LibraryWatch> library, std::string path,
                               absl::Duration stall_timeout)
    : context_(context),
      library_(std::move(library)),
      path_(std::move(path)),
      stall_timeout_(stall_timeout) {}

void ReadFileStream::Run() {
  Finish(ToGrpc(Stream()));
  absl::MutexLock lock(&mu_);
  if (mu_.AwaitWithTimeout(absl::Condition(&done_), kFinishGrace)) return;
  // Under the lock, because the call is gone once OnDone() has returned.
  context_.TryCancel();
  mu_.Await(absl::Condition(&done_));
}

absl::Status ReadFileStream::Stream() {
  absl::StatusOr<ReadableFile> file = OpenFile();
  if (!file.ok()) return file.status();
  SetOpened(file->status(), *response_.mutable_opened());
  absl::Status status = Write();
  while (status.ok()) {
    // Stopping, or the library was removed.
    if (status = library_->feed().closed(); !status.ok()) break;
    response_.clear_opened();
    if (status = file->Read(kChunkBytes, *response_.mutable_data()); !status.ok()) break;
    if (response_.data().empty()) {
      response_.Clear();
      response_.mutable_end()->set_changed(file->Changed());
      return Write();
    }
    status = Write();
  }
  return status;
}

// While history is lost nothing is told from a root, yet its files are there.
absl::StatusOr<ReadableFile> ReadFileStream::OpenFile() const {
  const std::shared_ptr<const RootDirectory> told = library_->feed().root();
  absl::StatusOr<RootDirectory> found =
      told != nullptr ? *told : RootDirectory::Find(library_->library().root);
  if (!found.ok()) return found.status();
  absl::StatusOr<UniqueFd> root = found->Open();
  if (!root.ok()) return root.status();
  return ReadableFile::Open(*std::move(root), path_, library_->ignore());
}

absl::Status ReadFileStream::Write() {
  {
    absl::MutexLock lock(&mu_);
    if (cancelled_) return absl::CancelledError("the caller went away");
    written_ = false;
  }
  StartWrite(&response_);
  absl::MutexLock lock(&mu_);
  const auto settled = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return written_ || cancelled_; };
  if (!mu_.AwaitWithTimeout(absl::Condition(&settled), stall_timeout_)) {
    return WithReason(absl::ResourceExhaustedError("nothing was taken for too long; read again"),
                      "READER_STALLED");
  }
  return cancelled_ ? absl::CancelledError("the caller went away") : absl::OkStatus();
}

void ReadFileStream::OnWriteDone(bool ok) {
  absl::MutexLock lock(&mu_);
  written_ = true;
  if (!ok) cancelled_ = true;
}

void ReadFileStream::OnCancel() {
  absl::MutexLock lock(&mu_);
  cancelled_ = true;
}

void ReadFileStream::OnDone() {
  absl::MutexLock lock(&mu_);
  done_ = true;
}

}  // namespace hestia
