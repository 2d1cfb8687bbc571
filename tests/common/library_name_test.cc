#include "common/library_name.h"

#include <absl/strings/match.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hestia {
namespace {

TEST(LibraryNameTest, ParsesNamesAndRootsAndDropsTrailingSlashes) {
  const auto libraries = ParseLibraries("photos=/data/photos/, scans=/");
  ASSERT_TRUE(libraries.ok()) << libraries.status();
  ASSERT_EQ(libraries->size(), 2u);
  EXPECT_EQ((*libraries)[0].name, "photos");
  EXPECT_EQ((*libraries)[0].root, "/data/photos");
  EXPECT_EQ((*libraries)[1].root, "/");
}

TEST(LibraryNameTest, RootMayContainAnEqualsSign) {
  const auto libraries = ParseLibraries("a=/x=y");
  ASSERT_TRUE(libraries.ok());
  EXPECT_EQ(libraries->front().root, "/x=y");
}

TEST(LibraryNameTest, AllMalformedEntriesAreReportedTogether) {
  const absl::Status status = ParseLibraries("Photos=/a,b=relative,c=/1,c=/2").status();
  ASSERT_TRUE(absl::IsInvalidArgument(status));
  for (const char* part : {"Photos", "b=relative", "\"c\" is named twice"}) {
    EXPECT_TRUE(absl::StrContains(status.message(), part)) << status;
  }
}

TEST(LibraryNameTest, NamesThatDoNotWorkInAShellAreRefused) {
  for (const char* name : {"", "-a", ".a", "a b", "a/b", "ä"}) {
    EXPECT_FALSE(ValidateLibraryName(name).ok()) << name;
  }
  EXPECT_TRUE(ValidateLibraryName(std::string(64, 'a')).ok());
  EXPECT_FALSE(ValidateLibraryName(std::string(65, 'a')).ok());
}

}  // namespace
}  // namespace hestia
