#include "thumbnail-service/rpc/thumbnail_service.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/time/clock.h>

#include "common/error_reason.h"
#include "common/grpc_status.h"
#include "thumbnail-service/rpc/call_checks.h"

namespace hestia {

namespace v1 = thumbnail::v1;

namespace {

constexpr absl::Duration kThumbnailPatience = absl::Seconds(30);
constexpr absl::Duration kShortestBeat = absl::Milliseconds(100);
constexpr absl::Duration kLongestBeat = absl::Seconds(60);
constexpr int kMaxQueuedPaths = 1000;
// A page ends early rather than grow past the 4 MiB that gRPC clients take by default.
constexpr std::size_t kMaxPagePathBytes = std::size_t{1} << 20;

// What the store reports carries no reason of its own.
absl::Status ForCaller(absl::Status status) {
  if (!absl::IsUnavailable(status) || ReasonOf(status).has_value()) return status;
  return WithReason(absl::UnavailableError(absl::StrCat("the database cannot be reached: ",
                                                        status.message())),
                    "DATABASE_UNAVAILABLE");
}

absl::Time DeadlineOf(const grpc::CallbackServerContext& context, absl::Duration otherwise) {
  const std::chrono::system_clock::time_point deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return absl::Now() + otherwise;
  return absl::FromChrono(deadline);
}

void SetTime(absl::Time time, google::protobuf::Timestamp* proto) {
  const std::int64_t seconds = absl::ToUnixSeconds(time);
  proto->set_seconds(seconds);
  proto->set_nanos(static_cast<std::int32_t>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

}  // namespace

ThumbnailService::ThumbnailService(PgCatalog& catalog, ChangeFeed& feed, StatsSource& stats,
                                   std::vector<StoredRecipe> recipes)
    : catalog_(catalog),
      feed_(feed),
      stats_(stats),
      recipes_(std::move(recipes)),
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

grpc::ServerUnaryReactor* ThumbnailService::Later(grpc::CallbackServerContext* context,
                                                  absl::string_view call) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(WithReason(
      absl::UnimplementedError(absl::StrCat(call, " does not exist yet; the comments of ",
                                            "thumbnail.proto say what helps meanwhile")),
      "NOT_YET")));
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
    if (absl::Status status = CheckLibraryNamed(request->library()); !status.ok()) return status;
    const absl::StatusOr<Page> page = ParsePage(request->page_size(), request->page_token());
    if (!page.ok()) return page.status();
    const absl::StatusOr<std::int64_t> library = catalog_.FindLibrary(request->library());
    if (!library.ok()) return library.status();
    const absl::StatusOr<std::vector<FileRow>> rows =
        catalog_.ListFiles(*library, page->after, page->size);
    if (!rows.ok()) return rows.status();
    std::size_t bytes = 0;
    for (const FileRow& row : *rows) {
      v1::File* const file = response->add_files();
      file->set_path(row.path);
      file->set_size_bytes(static_cast<std::uint64_t>(row.stamp.size_bytes));
      file->set_state(static_cast<v1::File::State>(row.status));
      SetTime(absl::FromUnixNanos(row.stamp.mtime_ns), file->mutable_modified_at());
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
    if (absl::Status status = CheckLibraryNamed(request->library()); !status.ok()) return status;
    const absl::StatusOr<Page> page = ParsePage(request->page_size(), request->page_token());
    if (!page.ok()) return page.status();
    const absl::StatusOr<std::int64_t> library = catalog_.FindLibrary(request->library());
    if (!library.ok()) return library.status();
    const absl::StatusOr<std::vector<FailureRow>> rows =
        catalog_.ListFailures(*library, page->after, page->size);
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

grpc::ServerUnaryReactor* ThumbnailService::ListRecipes(grpc::CallbackServerContext* context,
                                                        const v1::ListRecipesRequest*,
                                                        v1::ListRecipesResponse* response) {
  for (const StoredRecipe& stored : recipes_) {
    v1::Recipe* const recipe = response->add_recipes();
    recipe->set_name(stored.recipe.name);
    recipe->set_box_px(static_cast<std::uint32_t>(stored.recipe.box_px));
    recipe->set_format(std::string(FormatName(stored.recipe.format)));
    recipe->set_quality(static_cast<std::uint32_t>(stored.recipe.quality));
  }
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

// ---- Calls that wait. Whoever answers, answers once: the pool's task before it hands the
// call to the wait list, the wait list's thread afterwards.

struct ThumbnailService::ThumbnailCall {
  grpc::CallbackServerContext* context;
  const v1::GetThumbnailRequest* request;
  v1::GetThumbnailResponse* response;
  grpc::ServerUnaryReactor* reactor;
  std::int64_t library_id = 0;
  std::int64_t recipe_id = 0;
  std::int64_t file_id = 0;  // once known to be pending

  void Finish(const absl::Status& status) { reactor->Finish(ToGrpc(ForCaller(status))); }
};

grpc::ServerUnaryReactor* ThumbnailService::GetThumbnail(grpc::CallbackServerContext* context,
                                                         const v1::GetThumbnailRequest* request,
                                                         v1::GetThumbnailResponse* response) {
  auto call = std::make_shared<ThumbnailCall>(
      ThumbnailCall{context, request, response, context->DefaultReactor()});
  const bool accepted = rpc_pool_.TryRun([this, call] {
    if (const absl::Status status = BeginThumbnail(call); !status.ok()) call->Finish(status);
  });
  if (!accepted) call->Finish(stopping_ ? Stopping() : Busy());
  return call->reactor;
}

const StoredRecipe* ThumbnailService::FindRecipe(const std::string& name) const {
  if (name.empty()) return &recipes_.back();
  const auto found = std::find_if(
      recipes_.begin(), recipes_.end(),
      [&](const StoredRecipe& stored) { return stored.recipe.name == name; });
  return found == recipes_.end() ? nullptr : &*found;
}

absl::Status ThumbnailService::BeginThumbnail(const std::shared_ptr<ThumbnailCall>& call) {
  const v1::GetThumbnailRequest& request = *call->request;
  absl::Status status = CheckLibraryNamed(request.library());
  if (!status.ok()) return status;
  if (status = CheckPath(request.path(), "path"); !status.ok()) return status;
  const absl::StatusOr<std::int64_t> library = catalog_.FindLibrary(request.library());
  if (!library.ok()) return library.status();
  const StoredRecipe* const recipe = FindRecipe(request.recipe());
  if (recipe == nullptr) {
    const std::string names = absl::StrJoin(recipes_, ", ", [](std::string* out, const auto& r) {
      out->append(r.recipe.name);
    });
    return WithReason(absl::NotFoundError(absl::StrCat("no recipe \"", request.recipe(),
                                                       "\"; there are: ", names)),
                      "RECIPE_UNKNOWN", "recipe");
  }
  call->library_id = *library;
  call->recipe_id = recipe->id;
  if (AnswerThumbnail(*call)) return absl::OkStatus();

  if (status = catalog_.Lift(call->file_id); !status.ok()) return status;
  const bool added = waiting_.Add(
      Waiter{.deadline = DeadlineOf(*call->context, kThumbnailPatience),
             .cancelled = [call] { return call->context->IsCancelled(); },
             .try_finish = [this, call] { return AnswerThumbnail(*call); },
             .abandon = [call](const absl::Status& why) { call->Finish(why); }});
  return added ? absl::OkStatus() : Busy();
}

bool ThumbnailService::AnswerThumbnail(ThumbnailCall& call) {
  const std::string& path = call.request->path();
  absl::StatusOr<ThumbnailAnswer> answer =
      catalog_.FindThumbnail(call.library_id, path, call.recipe_id);
  if (!answer.ok()) {
    call.Finish(answer.status());
    return true;
  }
  if (auto* const pending = std::get_if<StillPending>(&*answer)) {
    call.file_id = pending->file_id;
    return false;
  }
  if (auto* const thumbnail = std::get_if<StoredThumbnail>(&*answer)) {
    call.response->set_media_type(thumbnail->media_type);
    call.response->set_width_px(static_cast<std::uint32_t>(thumbnail->width_px));
    call.response->set_height_px(static_cast<std::uint32_t>(thumbnail->height_px));
    call.response->set_data(std::move(thumbnail->data));
    call.Finish(absl::OkStatus());
  } else if (auto* const verdict = std::get_if<Verdict>(&*answer)) {
    call.Finish(WithReason(absl::FailedPreconditionError(
                               absl::StrCat(verdict->code, ": ", verdict->detail)),
                           "FILE_FAILED"));
  } else {
    call.Finish(WithReason(
        absl::NotFoundError(absl::StrCat("no file \"", path, "\" in library \"",
                                         call.request->library(),
                                         "\"; if it was only just written, call Sync first")),
        "FILE_UNKNOWN", "path"));
  }
  return true;
}

}  // namespace hestia
