// ThumbnailService::GetThumbnail, which waits when the thumbnail is missing. Whoever answers,
// answers once: the pool's task before it hands the call to the wait list, the wait list's
// thread afterwards.
#include <algorithm>
#include <utility>
#include <variant>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/time/clock.h>

#include "common/error_reason.h"
#include "common/grpc_status.h"
#include "thumbnail-service/rpc/call_checks.h"
#include "thumbnail-service/rpc/thumbnail_service.h"

namespace hestia {

namespace v1 = thumbnail::v1;

namespace {

constexpr absl::Duration kThumbnailPatience = absl::Seconds(30);

absl::Time DeadlineOf(const grpc::CallbackServerContext& context, absl::Duration otherwise) {
  const std::chrono::system_clock::time_point deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return absl::Now() + otherwise;
  return absl::FromChrono(deadline);
}

}  // namespace

struct ThumbnailService::ThumbnailCall {
  grpc::CallbackServerContext* context;
  const v1::GetThumbnailRequest* request;
  v1::GetThumbnailResponse* response;
  grpc::ServerUnaryReactor* reactor;
  std::int64_t library_id = 0;
  StoredRecipe recipe = {};
  StillPending pending = {};  // once known to be

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

absl::StatusOr<StoredRecipe> ThumbnailService::FindRecipe(const std::string& name) {
  const absl::StatusOr<std::vector<StoredRecipe>> recipes = operator_.recipes.Current();
  if (!recipes.ok()) return recipes.status();
  if (name.empty()) return recipes->back();
  const auto found =
      std::find_if(recipes->begin(), recipes->end(),
                   [&](const StoredRecipe& stored) { return stored.recipe.name == name; });
  if (found != recipes->end()) return *found;
  const std::string names =
      absl::StrJoin(*recipes, ", ", [](std::string* out, const StoredRecipe& stored) {
        out->append(stored.recipe.name);
      });
  return WithReason(
      absl::NotFoundError(absl::StrCat("no recipe \"", name, "\"; there are: ", names)),
      "RECIPE_UNKNOWN", "recipe");
}

absl::Status ThumbnailService::BeginThumbnail(const std::shared_ptr<ThumbnailCall>& call) {
  const v1::GetThumbnailRequest& request = *call->request;
  absl::Status status = CheckLibraryNamed(request.library());
  if (!status.ok()) return status;
  if (status = CheckPath(request.path(), "path"); !status.ok()) return status;
  const absl::StatusOr<std::int64_t> library = catalog_.FindLibrary(request.library());
  if (!library.ok()) return library.status();
  absl::StatusOr<StoredRecipe> recipe = FindRecipe(request.recipe());
  if (!recipe.ok()) return recipe.status();
  call->library_id = *library;
  call->recipe = *std::move(recipe);
  if (AnswerThumbnail(*call)) return absl::OkStatus();
  if (call->pending.paused) {
    return WithReason(absl::FailedPreconditionError(
                          "the thumbnail is missing and work is paused; call Resume"),
                      "PAUSED");
  }
  if (status = catalog_.Lift(call->pending.file_id); !status.ok()) return status;
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
      catalog_.FindThumbnail(call.library_id, path, call.recipe);
  if (!answer.ok()) {
    call.Finish(answer.status());
    return true;
  }
  if (auto* const pending = std::get_if<StillPending>(&*answer)) {
    call.pending = *pending;
    return false;
  }
  if (auto* const thumbnail = std::get_if<StoredThumbnail>(&*answer)) {
    call.response->set_media_type(thumbnail->media_type);
    call.response->set_width_px(static_cast<std::uint32_t>(thumbnail->width_px));
    call.response->set_height_px(static_cast<std::uint32_t>(thumbnail->height_px));
    call.response->set_data(std::move(thumbnail->data));
    call.response->set_damage(thumbnail->damage);
    call.response->set_thumbhash(thumbnail->placeholder.thumbhash);
    const std::optional<Rgb>& dominant = thumbnail->placeholder.dominant;
    if (dominant.has_value()) call.response->set_dominant_colour(dominant->Hex());
    call.Finish(absl::OkStatus());
  } else if (auto* const verdict = std::get_if<Verdict>(&*answer)) {
    call.Finish(WithReason(absl::FailedPreconditionError(
                               absl::StrCat(verdict->code, ": ", verdict->detail)),
                           "FILE_FAILED"));
  } else {
    call.Finish(FileUnknown(call.request->library(), path));
  }
  return true;
}

}  // namespace hestia
