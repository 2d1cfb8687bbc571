#include "thumbnail-service/store/pg_recipe_book.h"

#include <string>
#include <vector>

#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <pqxx/pqxx>

#include "tests/thumbnail-service/store/store_fixture.h"

namespace hestia::test {
namespace {

class RecipeBookTest : public StoreTest {
 protected:
  // Renders what is missing of every claimed job with its own path as bytes.
  int RenderMissing() {
    int made = 0;
    for (const ClaimedJob& job : ClaimAll()) {
      JobResult result = Result(job, job.path);
      const ContentStanding standing = queue_.LookUp(*result.content).value();
      result.thumbnails.clear();
      for (const StoredRecipe& recipe : standing.missing) {
        result.thumbnails.push_back({.recipe_id = recipe.id,
                                     .width_px = recipe.recipe.box_px,
                                     .height_px = 1,
                                     .data = recipe.recipe.Specification()});
        ++made;
      }
      EXPECT_EQ(queue_.Finish({result}).value().front(), FinishEffect::kStored);
    }
    return made;
  }
  std::string Served(const std::string& name) {
    const std::vector<StoredRecipe> recipes = recipe_book_.Current().value();
    for (const StoredRecipe& recipe : recipes) {
      if (recipe.recipe.name != name) continue;
      const auto answer = catalog_.FindThumbnail(library_, "a", recipe).value();
      return std::holds_alternative<StoredThumbnail>(answer)
                 ? std::get<StoredThumbnail>(answer).data
                 : "nothing";
    }
    return "no recipe";
  }
  static std::vector<Recipe> Recipes(const std::string& text) { return ParseRecipes(text).value(); }
};

TEST_F(RecipeBookTest, APlanTellsWhatAChangeWouldMakeKeepAndFree) {
  Tell({Present("a", 1), Present("b", 2)});
  ASSERT_EQ(RenderMissing(), 6);
  Execute("UPDATE replicas SET completed_jobs = 2, processing_us = 4000000, workers = 2");
  // "small" stays under another name, "large" changes, "medium" goes.
  const RecipeChangePlan plan = recipe_book_.Plan(Recipes("tiny=128,large=512:jpeg")).value();
  EXPECT_EQ(plan.contents_to_render, 2);
  EXPECT_EQ(plan.thumbnails_to_make, 2);
  EXPECT_EQ(plan.thumbnails_kept, 2);
  EXPECT_GT(plan.bytes_to_store, 0);
  EXPECT_EQ(plan.bytes_to_free,
            Number("SELECT sum(octet_length(data)) FROM thumbnails WHERE width_px > 128"));
  EXPECT_EQ(plan.duration, absl::Seconds(2));
  // Nothing was done.
  EXPECT_EQ(recipe_book_.Current().value().size(), 3U);
}

TEST_F(RecipeBookTest, AChangeRemakesOnlyWhatIsMissingAndServesTheOldUntilThen) {
  Tell({Present("a", 1)});
  ASSERT_EQ(RenderMissing(), 3);
  ASSERT_TRUE(recipe_book_.Apply(Recipes("small=128,large=640:webp:80")).ok());
  EXPECT_EQ(Served("small"), "fit:128:webp:80:2");
  EXPECT_EQ(Served("large"), "fit:512:webp:80:2");
  EXPECT_EQ(Served("medium"), "no recipe");
  EXPECT_EQ(recipe_book_.CollectRetired().value(), 0);

  EXPECT_EQ(recipe_book_.QueueLacking(OrderKey(absl::Now(), JobClass::kRegenerate)).value(), 1);
  EXPECT_EQ(RenderMissing(), 1);
  EXPECT_EQ(Served("large"), "fit:640:webp:80:2");
  EXPECT_EQ(recipe_book_.QueueLacking(OrderKey(absl::Now(), JobClass::kRegenerate)).value(), 0);
  EXPECT_EQ(recipe_book_.CollectRetired().value(), 2);
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnails"), 2);
}

TEST_F(RecipeBookTest, AFileThatMayNotBeReadAnyMoreHasAVerdictAndIsServedAsBefore) {
  Tell({Present("a", 1)});
  ASSERT_EQ(RenderMissing(), 3);
  ASSERT_TRUE(recipe_book_.Apply(Recipes("small=64")).ok());
  ASSERT_EQ(recipe_book_.QueueLacking(OrderKey(absl::Now(), JobClass::kRegenerate)).value(), 1);
  JobResult denied{.job = ClaimAll().front()};
  denied.verdict = Verdict{"UNREADABLE", "permission denied"};
  ASSERT_EQ(queue_.Finish({denied}).value().front(), FinishEffect::kStored);
  const std::vector<FailureRow> failures = catalog_.ListFailures(library_, "", 10).value();
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures[0].verdict.code, "UNREADABLE");
  EXPECT_EQ(Served("small"), "fit:128:webp:80:2");

  EXPECT_EQ(Tell({Present("a", 1)}).queued, 1) << "the event that a chmod is";
  EXPECT_EQ(RenderMissing(), 1);
  EXPECT_EQ(Served("small"), "fit:64:webp:80:2");
  EXPECT_TRUE(catalog_.ListFailures(library_, "", 10).value().empty());
}

TEST_F(RecipeBookTest, BytesThatARetiredRecipeSharedStayWithTheOthers) {
  Tell({Present("a", 1)});
  JobResult result = Result(ClaimAll().front(), "a");
  for (Thumbnail& thumbnail : result.thumbnails) thumbnail.data = "one for all";
  ASSERT_EQ(queue_.Finish({result}).value().front(), FinishEffect::kStored);
  ASSERT_EQ(Number("SELECT count(*) FROM thumbnails WHERE data IS NULL"), 2);

  ASSERT_TRUE(recipe_book_.Apply(Recipes("medium=256,large=512")).ok());
  EXPECT_EQ(recipe_book_.CollectRetired().value(), 1);
  EXPECT_EQ(Served("medium"), "one for all");
  EXPECT_EQ(Served("large"), "one for all");
  ASSERT_TRUE(recipe_book_.Apply(Recipes("small=128")).ok());
  EXPECT_EQ(recipe_book_.QueueLacking(OrderKey(absl::Now(), JobClass::kRegenerate)).value(), 1);
  EXPECT_EQ(RenderMissing(), 1);
  EXPECT_EQ(recipe_book_.CollectRetired().value(), 2);
  EXPECT_EQ(Served("small"), "fit:128:webp:80:2");
}

TEST_F(RecipeBookTest, SharedBytesGoToARecipeThatIsCurrent) {
  Tell({Present("a", 1)});
  JobResult result = Result(ClaimAll().front(), "a");
  for (Thumbnail& thumbnail : result.thumbnails) thumbnail.data = "one for all";
  ASSERT_EQ(queue_.Finish({result}).value().front(), FinishEffect::kStored);
  // Whichever is not the holder and not retired is the last one left.
  ASSERT_TRUE(recipe_book_.Apply(Recipes("large=512")).ok());
  EXPECT_EQ(recipe_book_.CollectRetired().value(), 2);
  EXPECT_EQ(Served("large"), "one for all");
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnails WHERE data IS NULL"), 0);
}

TEST_F(RecipeBookTest, BytesThatAreSharedCannotBeDeleted) {
  Tell({Present("a", 1)});
  JobResult result = Result(ClaimAll().front(), "a");
  for (Thumbnail& thumbnail : result.thumbnails) thumbnail.data = "one for all";
  ASSERT_EQ(queue_.Finish({result}).value().front(), FinishEffect::kStored);
  EXPECT_THROW(Execute("DELETE FROM thumbnails WHERE data IS NOT NULL"),
               pqxx::foreign_key_violation);
  Execute("DELETE FROM files; DELETE FROM removed_files; DELETE FROM contents");
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnails"), 0);
}

TEST_F(RecipeBookTest, WhatAReplicaLeftUnqueuedIsStillKnownToBeLacking) {
  Tell({Present("a", 1)});
  RenderMissing();
  ASSERT_TRUE(recipe_book_.Apply(Recipes("small=64")).ok());
  // The one that applied it is gone; another one's upkeep goes on.
  PgRecipeBook other(database_.url(), "decoder-1", 1);
  EXPECT_EQ(other.QueueLacking(OrderKey(absl::Now(), JobClass::kRegenerate)).value(), 1);
}

TEST_F(RecipeBookTest, GoingBackToAFormerRecipeFindsItsThumbnails) {
  Tell({Present("a", 1)});
  RenderMissing();
  ASSERT_TRUE(recipe_book_.Apply(Recipes("small=64")).ok());
  ASSERT_TRUE(recipe_book_.Apply(Recipes("small=128,medium=256,large=512")).ok());
  EXPECT_EQ(recipe_book_.QueueLacking(OrderKey(absl::Now(), JobClass::kRegenerate)).value(), 0);
  EXPECT_EQ(Served("medium"), "fit:256:webp:80:2");
}

TEST_F(RecipeBookTest, TheWorkOfAChangeComesAfterAllOther) {
  Tell({Present("a", 1)});
  RenderMissing();
  ASSERT_TRUE(recipe_book_.Apply(Recipes("small=64")).ok());
  recipe_book_.QueueLacking(OrderKey(absl::Now(), JobClass::kRegenerate)).value();
  Tell({Present("later", 2)});
  EXPECT_EQ(queue_.Claim({library_}, 1).value().front().path, "later");
}

}  // namespace
}  // namespace hestia::test
