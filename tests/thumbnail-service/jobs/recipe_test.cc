#include "thumbnail-service/jobs/recipe.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
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
  EXPECT_EQ(ParseRecipes("z=1:png").value()[0].format, OutputFormat::kPng);
  EXPECT_EQ(ParseRecipes("z=1:avif").value()[0].format, OutputFormat::kAvif);
}

TEST(RecipeTest, EveryMalformedEntryIsNamed) {
  const absl::Status status =
      ParseRecipes("A=1,b=0,c=5:gif,d=5:webp:101,e=5:webp:80:7,f=9,f=8,g=1:webp:1:1:1").status();
  ASSERT_TRUE(absl::IsInvalidArgument(status));
  for (const char* part : {"A=1", "b=0", "c=5:gif", "101", "e=5:webp:80:7", "\"f\"", "g=1:webp"}) {
    EXPECT_TRUE(absl::StrContains(status.message(), part)) << part << " in " << status;
  }
}

TEST(RecipeTest, FitAndBackgroundComeLastAndWhatIsEmptyHasItsDefault) {
  const auto recipes = ParseRecipes("a=300:::6:cover,b=200:jpeg:::contain:20FF00,c=100:webp:90");
  ASSERT_TRUE(recipes.ok()) << recipes.status();
  EXPECT_EQ((*recipes)[0].fit, Fit::kCover);
  EXPECT_EQ((*recipes)[0].quality, 80);
  EXPECT_EQ((*recipes)[0].effort, 6);
  EXPECT_FALSE((*recipes)[0].background.has_value());
  EXPECT_EQ((*recipes)[1].fit, Fit::kContain);
  EXPECT_EQ((*recipes)[1].background, (Rgb{0x20, 0xff, 0x00}));
  EXPECT_EQ((*recipes)[2].fit, Fit::kInside);
}

TEST(RecipeTest, ADefinitionIsReadAsTheSameRecipe) {
  const auto recipes = ParseRecipes("a=300:::6:cover,b=200:jpeg:::contain:20FF00,c=100");
  ASSERT_TRUE(recipes.ok()) << recipes.status();
  for (const Recipe& recipe : *recipes) {
    EXPECT_EQ(ParseRecipes(recipe.Definition()).value().front(), recipe) << recipe.Definition();
  }
}

TEST(RecipeTest, AWrongFitOrBackgroundIsNamedWithWhatIsPossible) {
  const auto refused = [](const char* text) {
    return std::string(ParseRecipes(text).status().message());
  };
  EXPECT_TRUE(absl::StrContains(refused("a=1:webp:80:2:fill"), "inside, cover or contain"));
  for (const char* colour : {"white", "fff", "#ffffff", "gg0000", "00000000"}) {
    const std::string text = absl::StrCat("a=1:webp:80:2:contain:", colour);
    EXPECT_TRUE(absl::StrContains(refused(text.c_str()), "RRGGBB")) << colour;
  }
  EXPECT_TRUE(absl::StrContains(refused("a=1:webp:80:2:cover:ffffff:x"), "the form is"));
}

TEST(RecipeTest, FitAndBackgroundDecideTheBytes) {
  Recipe a{.name = "a"};
  Recipe b{.name = "a"};
  b.fit = Fit::kCover;
  EXPECT_NE(a.Specification(), b.Specification());
  b = a;
  b.background = Rgb{0, 0, 0};
  EXPECT_NE(a.Specification(), b.Specification());
  EXPECT_EQ(a.Specification(), "fit:256:webp:80:2") << "thumbnails in databases are found by it";
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
