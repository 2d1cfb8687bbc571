#include "thumbnail-service/jobs/recipe.h"

#include <absl/strings/match.h>
#include <gtest/gtest.h>

namespace hestia {
namespace {

TEST(RecipeTest, ParsesTheDefaultLargestFirst) {
  const auto recipes = ParseRecipes("small=128:webp:80,medium=256:webp:80,large=512:webp:80");
  ASSERT_TRUE(recipes.ok()) << recipes.status();
  ASSERT_EQ(recipes->size(), 3u);
  EXPECT_EQ((*recipes)[0].name, "large");
  EXPECT_EQ((*recipes)[2].box_px, 128);
  EXPECT_EQ((*recipes)[2].format, OutputFormat::kWebp);
}

TEST(RecipeTest, WhatIsLeftOutHasADefault) {
  const auto recipes = ParseRecipes("x=300,y=40:jpeg");
  ASSERT_TRUE(recipes.ok()) << recipes.status();
  EXPECT_EQ((*recipes)[0].quality, 80);
  EXPECT_EQ((*recipes)[1].format, OutputFormat::kJpeg);
}

TEST(RecipeTest, EveryMalformedEntryIsNamed) {
  const absl::Status status =
      ParseRecipes("A=1,b=0,c=5:gif,d=5:webp:101,e=5:webp:80:7,f=9,f=8,g=1:webp:1:1:1").status();
  ASSERT_TRUE(absl::IsInvalidArgument(status));
  for (const char* part : {"A=1", "b=0", "c=5:gif", "101", "e=5:webp:80:7", "\"f\"", "g=1:webp"}) {
    EXPECT_TRUE(absl::StrContains(status.message(), part)) << part << " in " << status;
  }
}

TEST(RecipeTest, TwoNamesForTheSameThumbnailAreRefused) {
  EXPECT_FALSE(ParseRecipes("a=128,b=128:webp:80:2").ok());
}

TEST(RecipeTest, NoneOrTooManyAreRefused) {
  EXPECT_FALSE(ParseRecipes("").ok());
  std::string many;
  for (int i = 1; i <= kMaxRecipes + 1; ++i) many += "r" + std::to_string(i) + "=" + std::to_string(i) + ",";
  EXPECT_FALSE(ParseRecipes(many).ok());
}

TEST(RecipeTest, SpecificationTellsWhatDecidesTheBytesAndNotTheName) {
  Recipe a{.name = "a"};
  Recipe b{.name = "b"};
  EXPECT_EQ(a.Specification(), b.Specification());
  b.quality = 81;
  EXPECT_NE(a.Specification(), b.Specification());
}

}  // namespace
}  // namespace hestia
