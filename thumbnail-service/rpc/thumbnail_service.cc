#include "thumbnail-service/rpc/thumbnail_service.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "common/error_reason.h"
#include "common/grpc_status.h"
#include "thumbnail-service/rpc/call_checks.h"

namespace hestia {

namespace v1 = thumbnail::v1;

namespace {

constexpr absl::Duration kShortestBeat = absl::Milliseconds(100);
constexpr absl::Duration kLongestBeat = absl::Seconds(60);
constexpr int kMaxQueuedPaths = 1000;
// A page ends early rather than grow past the 4 MiB that gRPC clients take by default.
constexpr std::size_t kMaxPagePathBytes = std::size_t{1} << 20;

struct PageOfLibrary : Page {
  std::int64_t library_id = 0;
};

// Which page of which library a listing call asks for.
template <typename Request>
absl::StatusOr<PageOfLibrary> FindPage(PgCatalog& catalog, const Request& request) {
  if (absl::Status status = CheckLibraryNamed(request.library()); !status.ok()) return status;
  const absl::StatusOr<Page> page = ParsePage(request.page_size(), request.page_token());
  if (!page.ok()) return page.status();
  const absl::StatusOr<std::int64_t> library = catalog.FindLibrary(request.library());
  if (!library.ok()) return library.status();
  return PageOfLibrary{*page, *library};
}

void SetTime(absl::Time time, google::protobuf::Timestamp* proto) {
  const std::int64_t seconds = absl::ToUnixSeconds(time);
  proto->set_seconds(seconds);
  proto->set_nanos(static_cast<std::int32_t>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

}  // namespace

ThumbnailService::ThumbnailService(PgCatalog& catalog, ChangeFeed& feed, StatsSource& stats,
                                   OperatorParts operator_parts)
    : catalog_(catalog),
      feed_(feed),
      stats_(stats),
      operator_(std::move(operator_parts)),
      rpc_pool_("rpc", kRpcThreads, kQueuedCalls),
      sync_pool_("sync", kSyncThreads, kQueuedCalls),
      waiting_(kWaitingCalls),
      broadcast_(stats, kStatsStreams) {}

ThumbnailService::~ThumbnailService() { Stop(); }

void ThumbnailService::Stop() {
  stopping_ = true;
  broadcast_.Stop();
  sync_pool_.Stop();
  rpc_pool_.Stop();
  waiting_.Stop();
}

grpc::ServerUnaryReactor* ThumbnailService::RunOn(TaskPool& pool,
                                                  grpc::CallbackServerContext* context,
                                                  std::function<absl::Status()> work) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  const bool accepted = pool.TryRun(
      [reactor, work = std::move(work)] { reactor->Finish(ToGrpc(ForCaller(work()))); });
  if (!accepted) reactor->Finish(ToGrpc(stopping_ ? Stopping() : Busy()));
  return reactor;
}

grpc::ServerUnaryReactor* ThumbnailService::QueueFiles(grpc::CallbackServerContext* context,
                                                       const v1::QueueFilesRequest* request,
                                                       v1::QueueFilesResponse* response) {
  return RunOn(rpc_pool_, context, [this, request, response]() -> absl::Status {
    absl::Status status = CheckLibraryNamed(request->library());
    if (!status.ok()) return status;
    if (request->paths().empty() || request->paths_size() > kMaxQueuedPaths) {
      return WithReason(absl::InvalidArgumentError("name 1 to 1,000 paths"), "PATHS_INVALID",
                        "paths");
    }
    for (const std::string& path : request->paths()) {
      if (status = CheckPath(path, "paths"); !status.ok()) return status;
    }
    const absl::StatusOr<std::int64_t> library = catalog_.FindLibrary(request->library());
    if (!library.ok()) return library.status();
    const std::vector<std::string> paths(request->paths().begin(), request->paths().end());
    const absl::StatusOr<std::vector<std::string>> known = catalog_.QueueFiles(*library, paths);
    if (!known.ok()) return known.status();
    response->set_queued(static_cast<std::uint32_t>(known->size()));
    for (const std::string& path : paths) {
      if (std::find(known->begin(), known->end(), path) == known->end()) {
        response->add_unknown_paths(path);
      }
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ThumbnailService::QueueMissing(grpc::CallbackServerContext* context,
                                                         const v1::QueueMissingRequest* request,
                                                         v1::QueueMissingResponse* response) {
  return RunOn(rpc_pool_, context, [this, request, response]() -> absl::Status {
    std::optional<std::int64_t> library;
    if (!request->library().empty()) {
      const absl::StatusOr<std::int64_t> found = catalog_.FindLibrary(request->library());
      if (!found.ok()) return found.status();
      library = *found;
    }
    const absl::StatusOr<std::int64_t> queued = catalog_.QueueMissing(library);
    if (!queued.ok()) return queued.status();
    response->set_queued(static_cast<std::uint64_t>(*queued));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ThumbnailService::ListFiles(grpc::CallbackServerContext* context,
                                                      const v1::ListFilesRequest* request,
                                                      v1::ListFilesResponse* response) {
  return RunOn(rpc_pool_, context, [this, request, response]() -> absl::Status {
    const absl::StatusOr<PageOfLibrary> page = FindPage(catalog_, *request);
    if (!page.ok()) return page.status();
    const absl::StatusOr<std::vector<FileRow>> rows =
        catalog_.ListFiles(page->library_id, page->after, page->size);
    if (!rows.ok()) return rows.status();
    std::size_t bytes = 0;
    for (const FileRow& row : *rows) {
      v1::File* const file = response->add_files();
      file->set_path(row.path);
      file->set_size_bytes(static_cast<std::uint64_t>(row.stamp.size_bytes));
      file->set_state(static_cast<v1::File::State>(row.status));
      SetTime(absl::FromUnixNanos(row.stamp.mtime_ns), file->mutable_modified_at());
      file->set_damage(row.damage);
      file->set_thumbhash(row.placeholder.thumbhash);
      if (row.placeholder.dominant.has_value()) {
        file->set_dominant_colour(row.placeholder.dominant->Hex());
      }
      if ((bytes += row.path.size()) > kMaxPagePathBytes) break;
    }
    if (response->files_size() == page->size || bytes > kMaxPagePathBytes) {
      response->set_next_page_token(PageToken(response->files().rbegin()->path()));
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ThumbnailService::ListFailures(grpc::CallbackServerContext* context,
                                                         const v1::ListFailuresRequest* request,
                                                         v1::ListFailuresResponse* response) {
  return RunOn(rpc_pool_, context, [this, request, response]() -> absl::Status {
    const absl::StatusOr<PageOfLibrary> page = FindPage(catalog_, *request);
    if (!page.ok()) return page.status();
    const absl::StatusOr<std::vector<FailureRow>> rows =
        catalog_.ListFailures(page->library_id, page->after, page->size);
    if (!rows.ok()) return rows.status();
    std::size_t bytes = 0;
    for (const FailureRow& row : *rows) {
      v1::Failure* const failure = response->add_failures();
      failure->set_path(row.path);
      failure->set_code(row.verdict.code);
      failure->set_detail(row.verdict.detail);
      failure->set_attempts(static_cast<std::uint32_t>(row.attempts));
      SetTime(row.failed_at, failure->mutable_failed_at());
      if ((bytes += row.path.size() + row.verdict.detail.size()) > kMaxPagePathBytes) break;
    }
    if (response->failures_size() == page->size || bytes > kMaxPagePathBytes) {
      response->set_next_page_token(PageToken(response->failures().rbegin()->path()));
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ThumbnailService::GetStats(grpc::CallbackServerContext* context,
                                                     const v1::GetStatsRequest*,
                                                     v1::GetStatsResponse* response) {
  return RunOn(rpc_pool_, context, [this, response]() -> absl::Status {
    absl::StatusOr<v1::GetStatsResponse> stats = stats_.Read();
    if (!stats.ok()) return stats.status();
    *response = *std::move(stats);
    return absl::OkStatus();
  });
}

grpc::ServerWriteReactor<v1::WatchStatsResponse>* ThumbnailService::WatchStats(
    grpc::CallbackServerContext*, const v1::WatchStatsRequest* request) {
  if (!request->has_interval()) return broadcast_.Watch(absl::Seconds(1));
  const absl::Duration interval = absl::Seconds(request->interval().seconds()) +
                                  absl::Nanoseconds(request->interval().nanos());
  return broadcast_.Watch(std::clamp(interval, kShortestBeat, kLongestBeat));
}

}  // namespace hestia
