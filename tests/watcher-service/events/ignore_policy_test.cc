#include "watcher-service/events/ignore_policy.h"

#include <gtest/gtest.h>

namespace hestia {
namespace {

TEST(IgnorePolicyTest, NamesMatchingAGlobAreIgnored) {
  const IgnorePolicy policy = ParseIgnorePolicy("*.tmp, *~ ,.*,node_modules");
  for (const char* const name : {"a.tmp", ".tmp", "a~", ".git", "._a.jpg", "node_modules"}) {
    EXPECT_TRUE(policy.Ignores(name)) << name;
  }
}

TEST(IgnorePolicyTest, OtherNamesAreNot) {
  const IgnorePolicy policy = ParseIgnorePolicy("*.tmp,*~,.*,node_modules");
  for (const char* const name : {"a.jpg", "tmp", "a.tmp.jpg", "a.TMP", "my_node_modules", "a~b"}) {
    EXPECT_FALSE(policy.Ignores(name)) << name;
  }
}

TEST(IgnorePolicyTest, AnEmptyListIgnoresNothing) {
  EXPECT_FALSE(ParseIgnorePolicy("").Ignores(".hidden"));
}

TEST(IgnorePolicyTest, ANameThatIsNotUtf8IsComparedByBytes) {
  EXPECT_TRUE(ParseIgnorePolicy("*.tmp").Ignores("\xff\xfe.tmp"));
  EXPECT_FALSE(ParseIgnorePolicy("*.tmp").Ignores("\xff\xfe.jpg"));
}

TEST(IgnorePolicyTest, AStarStandsForAnythingWhereverItStands) {
  const IgnorePolicy policy({"a*b", "*.x", "y.*", "z", "q?[0-9]*", "back\\*"});
  for (const char* const name : {"ab", "aab", "a-b", "abb", ".x", "w.x", "y.", "y.w", "z", "qw7",
                                 "qw7w", "back*"}) {
    EXPECT_TRUE(policy.Ignores(name)) << name;
  }
  for (const char* const name : {"a", "b", "ba", "a-bc", "x", ".x.", "y", "zz", "q7", "qww", "backs"}) {
    EXPECT_FALSE(policy.Ignores(name)) << name;
  }
  EXPECT_FALSE(IgnorePolicy({"ab*bc"}).Ignores("abc"));
  EXPECT_TRUE(IgnorePolicy({"*"}).Ignores("anything"));
}

}  // namespace
}  // namespace hestia
