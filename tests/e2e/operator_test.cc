// What people who run the service ask of it, on the real binaries.
#include <map>
#include <string>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "common/error_reason.h"
#include "common/grpc_status.h"
#include "tests/e2e/stack.h"

namespace hestia::test {
namespace {

namespace v1 = thumbnail::v1;

class OperatorTest : public StackTest {
 protected:
  // The reason of what Sync answers; empty when it succeeds.
  std::string SyncReason(const std::string& library = "photos") {
    PatientContext context;
    v1::SyncRequest request;
    request.set_library(library);
    v1::SyncResponse response;
    return ReasonOf(FromGrpc(thumbnail_stub_->Sync(&context, request, &response))).value_or("");
  }
  template <typename Request, typename Response>
  absl::Status Call(grpc::Status (v1::ThumbnailService::Stub::*call)(grpc::ClientContext*,
                                                                     const Request&, Response*),
                    const Request& request, Response& response) {
    PatientContext context;
    return FromGrpc((thumbnail_stub_.get()->*call)(&context, request, &response));
  }
  void PauseOrResume(bool pause) {
    v1::PauseResponse paused;
    v1::ResumeResponse resumed;
    const absl::Status status =
        pause ? Call(&v1::ThumbnailService::Stub::Pause, v1::PauseRequest(), paused)
              : Call(&v1::ThumbnailService::Stub::Resume, v1::ResumeRequest(), resumed);
    ASSERT_TRUE(status.ok()) << status;
  }
  static void AddRecipe(const std::string& name, std::uint32_t box_px,
                        google::protobuf::RepeatedPtrField<v1::Recipe>* recipes) {
    recipes->Add()->set_name(name);
    recipes->rbegin()->set_box_px(box_px);
  }
};

TEST_F(OperatorTest, PausedWorkIsToldAsSuchAndGoesOnWhenResumed) {
  Start();
  Sync();
  PauseOrResume(true);
  EXPECT_TRUE(Stats().paused());
  Put("a.jpg", Photo(1));
  EXPECT_EQ(SyncReason(), "PAUSED");
  v1::GetThumbnailResponse thumbnail;
  EXPECT_EQ(ReasonOf(FromGrpc(GetThumbnail("a.jpg", "small", &thumbnail))), "PAUSED");
  // A replica that comes later obeys as well.
  StartReplica();
  EXPECT_EQ(SyncReason(), "PAUSED");
  PauseOrResume(false);
  Sync();
  EXPECT_EQ(Files().at("a.jpg"), v1::File::READY);
}

TEST_F(OperatorTest, ADrainedReplicaExitsWithSuccessAndAnotherTakesOver) {
  Start();
  Put("a.jpg", Photo(1));
  Sync();
  v1::DrainRequest drain;
  drain.set_exit(true);
  v1::DrainResponse drained;
  ASSERT_TRUE(Call(&v1::ThumbnailService::Stub::Drain, drain, drained).ok());
  EXPECT_EQ(replicas_[0]->AwaitExit(), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM jobs WHERE claim_token IS NOT NULL"), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM library_leases WHERE expires_at > now()"), 0);
  Put("b.jpg", Photo(2));
  StartReplica();
  Sync();
  EXPECT_EQ(Files().size(), 2U);
}

TEST_F(OperatorTest, AChangeOfRecipesIsPlannedAppliedAndFollowedByEveryReplica) {
  Start();
  StartReplica();
  for (int i = 0; i < 5; ++i) Put(absl::StrCat(i, ".jpg"), Photo(i));
  Sync();
  v1::PlanRecipeChangeRequest plan;
  AddRecipe("small", 128, plan.mutable_recipes());
  AddRecipe("wide", 400, plan.mutable_recipes());
  v1::PlanRecipeChangeResponse planned;
  ASSERT_TRUE(Call(&v1::ThumbnailService::Stub::PlanRecipeChange, plan, planned).ok());
  EXPECT_EQ(planned.thumbnails_to_make(), 5U);
  EXPECT_EQ(planned.thumbnails_kept(), 5U);
  EXPECT_GT(planned.bytes_to_free(), 0U);

  v1::ApplyRecipesRequest apply;
  *apply.mutable_recipes() = plan.recipes();
  v1::ApplyRecipesResponse applied;
  ASSERT_TRUE(Call(&v1::ThumbnailService::Stub::ApplyRecipes, apply, applied).ok());
  EXPECT_EQ(applied.queued(), 5U);
  Sync();
  v1::GetThumbnailResponse thumbnail;
  ASSERT_TRUE(GetThumbnail("0.jpg", "wide", &thumbnail).ok());
  EXPECT_EQ(thumbnail.width_px(), 400U);
  EXPECT_EQ(ReasonOf(FromGrpc(GetThumbnail("0.jpg", "large", &thumbnail))), "RECIPE_UNKNOWN");

  v1::ApplyRecipesRequest square;
  AddRecipe("small", 100, square.mutable_recipes());
  square.mutable_recipes(0)->set_fit("cover");
  square.mutable_recipes(0)->set_background("0a0B0c");
  ASSERT_TRUE(Call(&v1::ThumbnailService::Stub::ApplyRecipes, square, applied).ok());
  ASSERT_EQ(applied.recipes_size(), 1);
  EXPECT_EQ(applied.recipes(0).fit(), "cover");
  EXPECT_EQ(applied.recipes(0).background(), "0a0b0c");
  Sync();
  ASSERT_TRUE(GetThumbnail("0.jpg", "small", &thumbnail).ok());
  EXPECT_EQ(thumbnail.width_px(), 100U);
  EXPECT_EQ(thumbnail.height_px(), 100U);

  v1::ApplyRecipesRequest wrong;
  AddRecipe("Large!", 0, wrong.mutable_recipes());
  const absl::Status refused = Call(&v1::ThumbnailService::Stub::ApplyRecipes, wrong, applied);
  EXPECT_EQ(ReasonOf(refused), "RECIPES_INVALID");
}

TEST_F(OperatorTest, AFolderEmptiedWhileNobodyLookedKeepsItsRowsUntilConfirmed) {
  Start();
  // Which text it is does not matter; nothing is rendered, and every file has its row.
  for (int i = 0; i < 120; ++i) Put(absl::StrCat(i, ".txt"), absl::StrCat("text ", i));
  Sync();
  watcher_->Stop();
  for (int i = 0; i < 120; ++i) media_.Remove(absl::StrCat(i, ".txt"));
  StartWatcher();
  EXPECT_EQ(SyncReason(), "REMOVALS_HELD");
  EXPECT_EQ(Files().size(), 120U);
  EXPECT_EQ(Stats().libraries(0).held_removals(), 120U);
  v1::ConfirmRemovalsRequest confirm;
  confirm.set_library("photos");
  v1::ConfirmRemovalsResponse confirmed;
  ASSERT_TRUE(Call(&v1::ThumbnailService::Stub::ConfirmRemovals, confirm, confirmed).ok());
  EXPECT_EQ(confirmed.removed_files(), 120U);
  Sync();
  EXPECT_TRUE(Files().empty());
}

TEST_F(OperatorTest, AFileIsExplainedAndAVerdictIsTriedAgain) {
  Start();
  Put("a.jpg", Photo(1));
  Put("broken.jpg", "\xff\xd8\xff\xe0 no picture");
  Sync();
  v1::ExplainFileRequest explain;
  explain.set_library("photos");
  explain.set_path("a.jpg");
  v1::ExplainFileResponse explained;
  ASSERT_TRUE(Call(&v1::ThumbnailService::Stub::ExplainFile, explain, explained).ok());
  std::map<std::string, std::string> facts;
  for (const v1::Fact& fact : explained.facts()) facts[fact.name()] = fact.value();
  EXPECT_EQ(facts["state"], "READY");
  EXPECT_EQ(facts["image_size"], "640x480");
  EXPECT_FALSE(facts["rendering_took"].empty());
  explain.set_path("nowhere.jpg");
  EXPECT_EQ(ReasonOf(Call(&v1::ThumbnailService::Stub::ExplainFile, explain, explained)),
            "FILE_UNKNOWN");

  v1::RetryFailuresRequest retry;
  retry.set_library("photos");
  v1::RetryFailuresResponse retried;
  ASSERT_TRUE(Call(&v1::ThumbnailService::Stub::RetryFailures, retry, retried).ok());
  EXPECT_EQ(retried.queued(), 1U);
  Sync();
  EXPECT_EQ(Files().at("broken.jpg"), v1::File::FAILED);
}

TEST_F(OperatorTest, ALibraryThatIsWatchedNoMoreCanBePurged) {
  Start();
  Put("a.jpg", Photo(1));
  Sync();
  v1::PurgeLibraryRequest purge;
  purge.set_library("photos");
  v1::PurgeLibraryResponse purged;
  EXPECT_EQ(ReasonOf(Call(&v1::ThumbnailService::Stub::PurgeLibrary, purge, purged)),
            "LIBRARY_WATCHED");
  {
    PatientContext context;
    watcher::v1::RemoveLibraryRequest remove;
    remove.set_name("photos");
    watcher::v1::RemoveLibraryResponse removed;
    ASSERT_TRUE(watcher_stub_->RemoveLibrary(&context, remove, &removed).ok());
  }
  AwaitStats([](const auto& stats) { return stats.libraries(0).state() == "DETACHED"; });
  ASSERT_TRUE(Call(&v1::ThumbnailService::Stub::PurgeLibrary, purge, purged).ok());
  EXPECT_EQ(purged.files(), 1U);
  EXPECT_EQ(purged.thumbnails(), 3U);
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnails"), 0);
}

TEST_F(OperatorTest, WhatIsKeptOfRemovedFilesCanBeCountedAndCollectedAtOnce) {
  Start();
  Put("stays.jpg", Photo(1));
  Put("goes.jpg", Photo(2));
  Put("copy of stays.jpg", Photo(1));
  Sync();
  media_.Remove("goes.jpg");
  media_.Remove("copy of stays.jpg");
  Sync();
  const auto collect = [&](bool dry_run, std::int64_t grace_seconds) {
    v1::CollectRemovedRequest request;
    request.set_dry_run(dry_run);
    request.mutable_grace()->set_seconds(grace_seconds);
    v1::CollectRemovedResponse response;
    EXPECT_TRUE(Call(&v1::ThumbnailService::Stub::CollectRemoved, request, response).ok());
    return response;
  };
  EXPECT_EQ(collect(true, 3600).removed_files(), 0U) << "they may come back yet";
  const v1::CollectRemovedResponse counted = collect(true, 0);
  // A file that was listed while it was new is kept as what it was then, too.
  EXPECT_EQ(counted.removed_files(),
            static_cast<std::uint64_t>(Number("SELECT count(*) FROM removed_files")));
  EXPECT_GE(counted.removed_files(), 2U);
  EXPECT_EQ(counted.images(), 1U) << "the copy's image has a file yet";
  EXPECT_EQ(counted.thumbnails(), 3U);
  EXPECT_GT(counted.bytes(), 0U);
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnails"), 6) << "counting deletes nothing";

  EXPECT_EQ(collect(false, 0).bytes(), counted.bytes());
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnails"), 3);
  EXPECT_EQ(collect(false, 0).removed_files(), 0U);
  v1::CollectRemovedRequest invalid;
  invalid.mutable_grace()->set_seconds(-1);
  v1::CollectRemovedResponse none;
  EXPECT_EQ(ReasonOf(Call(&v1::ThumbnailService::Stub::CollectRemoved, invalid, none)),
            "GRACE_INVALID");
}

}  // namespace
}  // namespace hestia::test
