#include "watcher-service/rpc/watcher_service.h"

#include <fstream>
#include <optional>
#include <utility>

#include <absl/flags/flag.h>
#include <absl/strings/str_cat.h>

#include "common/error_reason.h"
#include "common/grpc_status.h"
#include "common/version.h"
#include "watcher-service/rpc/feed_stream.h"
#include "watcher-service/rpc/proto_conversion.h"
#include "watcher-service/rpc/read_file_stream.h"
#include "watcher-service/rpc/subscribe_stream.h"
#include "watcher-service/rpc/sync_call.h"
#include "watcher-service/rpc/watch_stream.h"

ABSL_FLAG(int, max_streams, 32,
          "The most Watch and Subscribe streams open at a time, 1 to 1024. Each takes a thread "
          "and one frame of memory.");
ABSL_FLAG(int, max_reads, 32,
          "The most ReadFile streams open at a time, 1 to 1024: as many as thumbnail services "
          "without the folders have workers. Each takes a thread and half a MiB.");
ABSL_FLAG(absl::Duration, stall_timeout, absl::Seconds(60),
          "After how long without an acknowledgement, or without reading, a subscriber or a "
          "reader of a file is cut off, 100ms to 1h. It comes back and loses nothing.");

namespace hestia {
namespace {

constexpr int kDiskThreads = 2;
constexpr std::size_t kWaitingDiskCalls = 64;
// How long AddLibrary waits to say how the library is watched.
constexpr absl::Duration kModePatience = absl::Seconds(1);

// A stream that is over before it began.
template <typename Reactor>
class Refusal final : public Reactor {
 public:
  explicit Refusal(const absl::Status& why) { this->Finish(ToGrpc(why)); }
  void OnDone() override { delete this; }
};

grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, const absl::Status& status) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(status));
  return reactor;
}

void CheckCount(absl::string_view flag, int value, SettingErrors& errors) {
  if (value >= 1 && value <= 1024) return;
  errors.Add(flag, absl::StrCat("must be 1 to 1024, not ", value));
}

std::uint64_t InotifyLimit(const char* name) {
  std::uint64_t limit = 0;
  std::ifstream(absl::StrCat("/proc/sys/fs/inotify/", name)) >> limit;
  return limit;
}

}  // namespace

WatcherService::WatcherService(LibrarySet& libraries, ServiceOptions options)
    : libraries_(libraries),
      options_(options),
      streams_("stream", options.max_streams, "TOO_MANY_STREAMS", "max_streams"),
      reads_("read-file", options.max_reads, "TOO_MANY_READS", "max_reads"),
      disk_threads_("disk", kDiskThreads, kWaitingDiskCalls),
      removals_("remove", 1, kWaitingDiskCalls) {}

void WatcherService::RefuseStreams() {
  streams_.Refuse();
  reads_.Refuse();
}

void WatcherService::Stop() {
  streams_.Stop();
  reads_.Stop();
  removals_.Stop();
  disk_threads_.Stop();
}

grpc::ServerUnaryReactor* WatcherService::AddLibrary(grpc::CallbackServerContext* context,
                                                     const watcher::v1::AddLibraryRequest* request,
                                                     watcher::v1::AddLibraryResponse* response) {
  return Run(disk_threads_, context, [this, request, response] {
    const absl::StatusOr<WatchMode> mode = FromProto(request->mode());
    if (!mode.ok()) return mode.status();
    const absl::StatusOr<std::shared_ptr<LibraryWatch>> library =
        libraries_.Add(request->name(), request->root(), *mode);
    if (!library.ok()) return library.status();
    (*library)->AwaitMode(kModePatience);
    ToProto(**library, libraries_.Overlaps()[(*library)->library().name],
            *response->mutable_library());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* WatcherService::ListLibraries(
    grpc::CallbackServerContext* context, const watcher::v1::ListLibrariesRequest* /*request*/,
    watcher::v1::ListLibrariesResponse* response) {
  auto overlaps = libraries_.Overlaps();
  for (const std::shared_ptr<LibraryWatch>& library : libraries_.All()) {
    ToProto(*library, overlaps[library->library().name], *response->add_libraries());
  }
  return Answer(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* WatcherService::RemoveLibrary(
    grpc::CallbackServerContext* context, const watcher::v1::RemoveLibraryRequest* request,
    watcher::v1::RemoveLibraryResponse* /*response*/) {
  // Not behind calls that wait for the very disk whose library is removed.
  return Run(removals_, context, [this, request] { return libraries_.Remove(request->name()); });
}

grpc::ServerUnaryReactor* WatcherService::RescanLibrary(
    grpc::CallbackServerContext* context, const watcher::v1::RescanLibraryRequest* request,
    watcher::v1::RescanLibraryResponse* response) {
  const absl::StatusOr<std::shared_ptr<LibraryWatch>> library = Find(request->library());
  if (!library.ok()) return Answer(context, library.status());
  const absl::StatusOr<Cursor> cursor = (*library)->Rescan();
  if (cursor.ok()) ToProto(*cursor, *response->mutable_cursor());
  return Answer(context, cursor.status());
}

grpc::ServerWriteReactor<watcher::v1::WatchResponse>* WatcherService::Watch(
    grpc::CallbackServerContext* context, const watcher::v1::WatchRequest* request) {
  using Refused = Refusal<grpc::ServerWriteReactor<watcher::v1::WatchResponse>>;
  absl::StatusOr<std::shared_ptr<LibraryWatch>> library = Find(request->library());
  if (!library.ok()) return new Refused(library.status());
  if (absl::Status status = streams_.Enter(); !status.ok()) return new Refused(status);
  std::optional<Cursor> cursor;
  if (request->has_cursor()) cursor = FromProto(request->cursor());
  const FeedStream::Terms terms{.credits = false, .stall_timeout = options_.stall_timeout};
  auto* const stream = new WatchStream(*context, terms, *std::move(library), cursor);
  streams_.Run(stream);
  return stream;
}

grpc::ServerBidiReactor<watcher::v1::SubscribeRequest, watcher::v1::SubscribeResponse>*
WatcherService::Subscribe(grpc::CallbackServerContext* context) {
  using Refused = Refusal<
      grpc::ServerBidiReactor<watcher::v1::SubscribeRequest, watcher::v1::SubscribeResponse>>;
  if (absl::Status status = streams_.Enter(); !status.ok()) return new Refused(status);
  const FeedStream::Terms terms{.credits = true, .stall_timeout = options_.stall_timeout};
  auto* const stream =
      new SubscribeStream(*context, terms, [this](absl::string_view name) { return Find(name); });
  streams_.Run(stream);
  return stream;
}

grpc::ServerWriteReactor<watcher::v1::ReadFileResponse>* WatcherService::ReadFile(
    grpc::CallbackServerContext* context, const watcher::v1::ReadFileRequest* request) {
  using Refused = Refusal<grpc::ServerWriteReactor<watcher::v1::ReadFileResponse>>;
  absl::StatusOr<std::shared_ptr<LibraryWatch>> library = Find(request->library());
  if (!library.ok()) return new Refused(library.status());
  if (absl::Status status = reads_.Enter(); !status.ok()) return new Refused(status);
  auto* const stream = new ReadFileStream(*context, *std::move(library), request->path(),
                                          options_.stall_timeout);
  reads_.Run(stream);
  return stream;
}

grpc::ServerUnaryReactor* WatcherService::Sync(grpc::CallbackServerContext* context,
                                               const watcher::v1::SyncRequest* request,
                                               watcher::v1::SyncResponse* response) {
  const absl::StatusOr<std::shared_ptr<LibraryWatch>> library = Find(request->library());
  if (!library.ok()) return Answer(context, library.status());
  return SyncCall::Begin(*library, response);
}

grpc::ServerUnaryReactor* WatcherService::GetStats(grpc::CallbackServerContext* context,
                                                   const watcher::v1::GetStatsRequest* /*request*/,
                                                   watcher::v1::GetStatsResponse* response) {
  auto overlaps = libraries_.Overlaps();
  std::uint64_t watches = 0;
  for (const std::shared_ptr<LibraryWatch>& library : libraries_.All()) {
    ToProto(*library, overlaps[library->library().name], *response->add_libraries());
    watches += response->libraries().rbegin()->library().watched_directories();
  }
  response->set_watches_used(watches);
  response->set_watch_limit(InotifyLimit("max_user_watches"));
  response->set_kernel_queue_limit(InotifyLimit("max_queued_events"));
  response->set_version(kVersion);
  response->set_streams(static_cast<std::uint32_t>(streams_.open()));
  response->set_reads(static_cast<std::uint32_t>(reads_.open()));
  return Answer(context, absl::OkStatus());
}

absl::StatusOr<std::shared_ptr<LibraryWatch>> WatcherService::Find(absl::string_view name) const {
  if (!name.empty()) return libraries_.Find(name);
  return WithReason(absl::InvalidArgumentError("no library is named; see ListLibraries"),
                    "LIBRARY_MISSING", "library");
}

grpc::ServerUnaryReactor* WatcherService::Run(TaskPool& pool, grpc::CallbackServerContext* context,
                                              std::function<absl::Status()> body) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  const bool accepted =
      pool.TryRun([reactor, body = std::move(body)] { reactor->Finish(ToGrpc(body())); });
  if (!accepted) {
    reactor->Finish(ToGrpc(absl::ResourceExhaustedError("too many calls are waiting; try again")));
  }
  return reactor;
}

void ValidateServiceSettings(SettingErrors& errors) {
  CheckCount("max_streams", absl::GetFlag(FLAGS_max_streams), errors);
  CheckCount("max_reads", absl::GetFlag(FLAGS_max_reads), errors);
  const absl::Duration stall = absl::GetFlag(FLAGS_stall_timeout);
  if (stall < absl::Milliseconds(100) || stall > absl::Hours(1)) {
    errors.Add("stall_timeout", "must be 100ms to 1h");
  }
}

ServiceOptions ServiceOptionsFromSettings() {
  return {absl::GetFlag(FLAGS_max_streams), absl::GetFlag(FLAGS_max_reads),
          absl::GetFlag(FLAGS_stall_timeout)};
}

}  // namespace hestia
