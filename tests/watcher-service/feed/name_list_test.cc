#include "watcher-service/feed/name_list.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace hestia {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Sorted(const std::vector<std::string>& names) {
  NameList list;
  for (const std::string& name : names) list.Add(name);
  list.Sort();
  std::vector<std::string> sorted;
  while (!list.AtEnd()) sorted.emplace_back(list.Next());
  return sorted;
}

TEST(NameListTest, NamesComeInTheOrderOfTheirBytes) {
  EXPECT_THAT(Sorted({"b", "a0", "a/", "\xc3\xa4", "a-b", "Z", "a"}),
              ElementsAre("Z", "a", "a-b", "a/", "a0", "b", "\xc3\xa4"));
}

TEST(NameListTest, AnEmptyOneIsAtItsEnd) { EXPECT_THAT(Sorted({}), IsEmpty()); }

TEST(NameListTest, ItGoesOnWhereItWasAfterAMove) {
  NameList list;
  for (const char* const name : {"c", "a", "b"}) list.Add(name);
  list.Sort();
  EXPECT_STREQ(list.Next(), "a");
  NameList moved = std::move(list);
  EXPECT_STREQ(moved.Next(), "b");
  EXPECT_STREQ(moved.Next(), "c");
  EXPECT_TRUE(moved.AtEnd());
}

}  // namespace
}  // namespace hestia
