// ThumbnailService's calls of people who run it: pausing, draining, explaining, and what deletes
// or remakes many rows.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/time/clock.h>

#include "common/error_reason.h"
#include "common/grpc_status.h"
#include "common/logging.h"
#include "thumbnail-service/jobs/order_key.h"
#include "thumbnail-service/rpc/call_checks.h"
#include "thumbnail-service/rpc/thumbnail_service.h"

namespace hestia {

namespace v1 = thumbnail::v1;

namespace {

constexpr absl::Duration kDrainPatience = absl::Minutes(10);
constexpr absl::Duration kLongestGrace = absl::Hours(24 * 3660);

// The setting's form is the one parser there is.
absl::StatusOr<std::vector<Recipe>> FromProto(
    const google::protobuf::RepeatedPtrField<v1::Recipe>& protos) {
  std::vector<std::string> entries;
  for (const v1::Recipe& proto : protos) {
    entries.push_back(absl::StrCat(proto.name(), "=", proto.box_px(), ":", proto.format(), ":",
                                   proto.quality() == 0 ? "" : absl::StrCat(proto.quality()), ":",
                                   proto.has_effort() ? absl::StrCat(proto.effort()) : "", ":",
                                   proto.fit(), ":", proto.background()));
  }
  const auto plain = [](const v1::Recipe& proto) {
    const std::string texts =
        absl::StrCat(proto.name(), proto.format(), proto.fit(), proto.background());
    return texts.find_first_of(",=:") == std::string::npos;
  };
  absl::StatusOr<std::vector<Recipe>> recipes =
      std::all_of(protos.begin(), protos.end(), plain)
          ? ParseRecipes(absl::StrJoin(entries, ","))
          : absl::InvalidArgumentError("names, formats, fits and backgrounds hold no ',', '=' or ':'");
  if (!recipes.ok()) return WithReason(recipes.status(), "RECIPES_INVALID", "recipes");
  return recipes;
}

void ToProto(const StoredRecipe& stored, v1::Recipe& proto) {
  proto.set_name(stored.recipe.name);
  proto.set_box_px(static_cast<std::uint32_t>(stored.recipe.box_px));
  proto.set_format(std::string(FormatName(stored.recipe.format)));
  proto.set_quality(static_cast<std::uint32_t>(stored.recipe.quality));
  proto.set_effort(static_cast<std::uint32_t>(stored.recipe.effort));
  proto.set_fit(std::string(FitName(stored.recipe.fit)));
  if (stored.recipe.background.has_value()) proto.set_background(stored.recipe.background->Hex());
}

absl::Time DeadlineOf(const grpc::CallbackServerContext& context) {
  const std::chrono::system_clock::time_point deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) {
    return absl::Now() + kDrainPatience;
  }
  return absl::FromChrono(deadline);
}

}  // namespace

absl::StatusOr<std::int64_t> ThumbnailService::NamedLibrary(const std::string& library) {
  if (absl::Status status = CheckLibraryNamed(library); !status.ok()) return status;
  return catalog_.FindLibrary(library);
}

absl::Status ThumbnailService::SetPaused(const std::string& library, bool paused) {
  std::optional<std::int64_t> id;
  if (!library.empty()) {
    const absl::StatusOr<std::int64_t> found = catalog_.FindLibrary(library);
    if (!found.ok()) return found.status();
    id = *found;
  }
  LogInfo(absl::StrCat(paused ? "paused" : "resumed", " library=",
                       library.empty() ? "(all)" : library));
  return operator_.steering.SetPaused(id, paused);
}

grpc::ServerUnaryReactor* ThumbnailService::Pause(grpc::CallbackServerContext* context,
                                                  const v1::PauseRequest* request,
                                                  v1::PauseResponse*) {
  return RunOn(rpc_pool_, context, [this, request] { return SetPaused(request->library(), true); });
}

grpc::ServerUnaryReactor* ThumbnailService::Resume(grpc::CallbackServerContext* context,
                                                   const v1::ResumeRequest* request,
                                                   v1::ResumeResponse*) {
  return RunOn(rpc_pool_, context,
               [this, request] { return SetPaused(request->library(), false); });
}

grpc::ServerUnaryReactor* ThumbnailService::Drain(grpc::CallbackServerContext* context,
                                                  const v1::DrainRequest* request,
                                                  v1::DrainResponse*) {
  // On the pool of calls that wait for others: a drain may take as long as its renders.
  return RunOn(sync_pool_, context, [this, context, request]() -> absl::Status {
    LogInfo("drain asked for");
    if (absl::Status status = operator_.drain(DeadlineOf(*context)); !status.ok()) return status;
    if (request->exit()) operator_.exit();
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ThumbnailService::ExplainFile(grpc::CallbackServerContext* context,
                                                        const v1::ExplainFileRequest* request,
                                                        v1::ExplainFileResponse* response) {
  return RunOn(rpc_pool_, context, [this, request, response]() -> absl::Status {
    const absl::StatusOr<std::int64_t> library = NamedLibrary(request->library());
    if (!library.ok()) return library.status();
    if (absl::Status status = CheckPath(request->path(), "path"); !status.ok()) return status;
    const auto facts = operator_.explainer.Explain(*library, request->path());
    if (!facts.ok()) return facts.status();
    if (!facts->has_value()) return FileUnknown(request->library(), request->path());
    for (const auto& [name, value] : **facts) {
      v1::Fact* const fact = response->add_facts();
      fact->set_name(name);
      fact->set_value(value);
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ThumbnailService::RetryFailures(grpc::CallbackServerContext* context,
                                                          const v1::RetryFailuresRequest* request,
                                                          v1::RetryFailuresResponse* response) {
  return RunOn(rpc_pool_, context, [this, request, response]() -> absl::Status {
    const absl::StatusOr<std::int64_t> library = NamedLibrary(request->library());
    if (!library.ok()) return library.status();
    FailureFilter filter{{request->codes().begin(), request->codes().end()}, request->path()};
    if (!filter.path.empty()) {
      if (absl::Status status = CheckPath(filter.path, "path"); !status.ok()) return status;
    }
    const absl::StatusOr<std::int64_t> queued = operator_.steering.RetryFailures(
        *library, filter, OrderKey(absl::Now(), JobClass::kLive));
    if (!queued.ok()) return queued.status();
    response->set_queued(static_cast<std::uint64_t>(*queued));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ThumbnailService::ConfirmRemovals(
    grpc::CallbackServerContext* context, const v1::ConfirmRemovalsRequest* request,
    v1::ConfirmRemovalsResponse* response) {
  return RunOn(rpc_pool_, context, [this, request, response]() -> absl::Status {
    const absl::StatusOr<std::int64_t> library = NamedLibrary(request->library());
    if (!library.ok()) return library.status();
    const absl::StatusOr<std::int64_t> removed = operator_.steering.ConfirmRemovals(*library);
    if (!removed.ok()) return removed.status();
    LogInfo(absl::StrCat("removals confirmed library=", request->library(), " files=", *removed));
    response->set_removed_files(static_cast<std::uint64_t>(*removed));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ThumbnailService::PurgeLibrary(grpc::CallbackServerContext* context,
                                                         const v1::PurgeLibraryRequest* request,
                                                         v1::PurgeLibraryResponse* response) {
  return RunOn(rpc_pool_, context, [this, request, response]() -> absl::Status {
    const absl::StatusOr<std::int64_t> library = NamedLibrary(request->library());
    if (!library.ok()) return library.status();
    const absl::StatusOr<Purged> purged =
        operator_.steering.PurgeLibrary(*library, request->dry_run());
    if (!purged.ok()) return purged.status();
    if (!request->dry_run()) {
      LogInfo(absl::StrCat("library purged library=", request->library(), " files=",
                           purged->files, " thumbnails=", purged->thumbnails));
    }
    response->set_files(static_cast<std::uint64_t>(purged->files));
    response->set_thumbnails(static_cast<std::uint64_t>(purged->thumbnails));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ThumbnailService::CollectRemoved(
    grpc::CallbackServerContext* context, const v1::CollectRemovedRequest* request,
    v1::CollectRemovedResponse* response) {
  return RunOn(rpc_pool_, context, [this, request, response]() -> absl::Status {
    absl::Duration grace = operator_.removal_grace;
    if (request->has_grace()) {
      grace = absl::Seconds(request->grace().seconds()) +
              absl::Nanoseconds(request->grace().nanos());
    }
    if (grace < absl::ZeroDuration() || grace > kLongestGrace) {
      return WithReason(absl::InvalidArgumentError("grace must be 0 to ten years"),
                        "GRACE_INVALID");
    }
    const absl::StatusOr<Collected> collected =
        operator_.steering.CollectRemoved(grace, request->dry_run());
    if (!collected.ok()) return collected.status();
    if (!request->dry_run()) {
      LogInfo(absl::StrCat("removed files collected files=", collected->files, " images=",
                           collected->contents, " thumbnails=", collected->thumbnails));
    }
    response->set_removed_files(static_cast<std::uint64_t>(collected->files));
    response->set_images(static_cast<std::uint64_t>(collected->contents));
    response->set_thumbnails(static_cast<std::uint64_t>(collected->thumbnails));
    response->set_bytes(static_cast<std::uint64_t>(collected->bytes));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ThumbnailService::ListRecipes(grpc::CallbackServerContext* context,
                                                        const v1::ListRecipesRequest*,
                                                        v1::ListRecipesResponse* response) {
  return RunOn(rpc_pool_, context, [this, response]() -> absl::Status {
    const absl::StatusOr<std::vector<StoredRecipe>> recipes = operator_.recipes.Current();
    if (!recipes.ok()) return recipes.status();
    for (const StoredRecipe& recipe : *recipes) ToProto(recipe, *response->add_recipes());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ThumbnailService::PlanRecipeChange(
    grpc::CallbackServerContext* context, const v1::PlanRecipeChangeRequest* request,
    v1::PlanRecipeChangeResponse* response) {
  return RunOn(rpc_pool_, context, [this, request, response]() -> absl::Status {
    const absl::StatusOr<std::vector<Recipe>> recipes = FromProto(request->recipes());
    if (!recipes.ok()) return recipes.status();
    const absl::StatusOr<RecipeChangePlan> plan = operator_.recipes.Plan(*recipes);
    if (!plan.ok()) return plan.status();
    response->set_thumbnails_to_make(static_cast<std::uint64_t>(plan->thumbnails_to_make));
    response->set_bytes_to_free(static_cast<std::uint64_t>(plan->bytes_to_free));
    response->set_images_to_render(static_cast<std::uint64_t>(plan->contents_to_render));
    response->set_thumbnails_kept(static_cast<std::uint64_t>(plan->thumbnails_kept));
    response->set_bytes_to_store(static_cast<std::uint64_t>(plan->bytes_to_store));
    if (plan->duration.has_value()) {
      absl::Duration rest = *plan->duration;
      response->mutable_duration()->set_seconds(absl::IDivDuration(rest, absl::Seconds(1), &rest));
      response->mutable_duration()->set_nanos(
          static_cast<std::int32_t>(absl::ToInt64Nanoseconds(rest)));
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ThumbnailService::ApplyRecipes(grpc::CallbackServerContext* context,
                                                         const v1::ApplyRecipesRequest* request,
                                                         v1::ApplyRecipesResponse* response) {
  return RunOn(rpc_pool_, context, [this, request, response]() -> absl::Status {
    const absl::StatusOr<std::vector<Recipe>> recipes = FromProto(request->recipes());
    if (!recipes.ok()) return recipes.status();
    if (absl::Status status = operator_.recipes.Apply(*recipes); !status.ok()) return status;
    const auto name = [](std::string* out, const Recipe& r) { out->append(r.Definition()); };
    LogInfo(absl::StrCat("recipes changed recipes=", absl::StrJoin(*recipes, ",", name)));
    // Whatever is not queued here, upkeep queues.
    while (true) {
      const absl::StatusOr<std::int64_t> queued =
          operator_.recipes.QueueLacking(OrderKey(absl::Now(), JobClass::kRegenerate));
      if (!queued.ok()) return queued.status();
      if (*queued == 0) break;
      response->set_queued(response->queued() + static_cast<std::uint64_t>(*queued));
    }
    const absl::StatusOr<std::vector<StoredRecipe>> now = operator_.recipes.Current();
    if (!now.ok()) return now.status();
    for (const StoredRecipe& recipe : *now) ToProto(recipe, *response->add_recipes());
    return absl::OkStatus();
  });
}

}  // namespace hestia
