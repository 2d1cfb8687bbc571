#include "watcher-service/feed/name_list.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace hestia {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string Take(NameList& list) {
  const std::string name = list.Peek();
  list.Skip(1);
  return name;
}

std::vector<std::string> Sorted(const std::vector<std::string>& names) {
  NameList list;
  for (const std::string& name : names) list.Add(name);
  list.Sort();
  std::vector<std::string> sorted;
  while (!list.AtEnd()) sorted.push_back(Take(list));
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
  EXPECT_EQ(Take(list), "a");
  NameList moved = std::move(list);
  EXPECT_EQ(Take(moved), "b");
  EXPECT_EQ(Take(moved), "c");
  EXPECT_TRUE(moved.AtEnd());
}

TEST(NameListTest, OneCanLookAheadWithoutTaking) {
  NameList list;
  for (const char* const name : {"c", "a", "b"}) list.Add(name);
  list.Sort();
  EXPECT_STREQ(list.Peek(2), "c");
  EXPECT_EQ(list.left(), 3U);
  list.Skip(2);
  EXPECT_STREQ(list.Peek(), "c");
  EXPECT_EQ(list.left(), 1U);
}

}  // namespace
}  // namespace hestia
