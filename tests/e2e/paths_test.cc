// Long and awkward paths go the whole way: to the database, through every call, and away again.
#include <map>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "common/path_text.h"
#include "tests/e2e/stack.h"

namespace hestia::test {
namespace {

using thumbnail::v1::File;

class PathsTest : public StackTest {
 protected:
  // Raw paths. One has 4,000 bytes, which stay within what system calls take with the folder's
  // own path before it.
  std::vector<std::string> Paths() const {
    std::string deep;
    while (deep.size() + 201 + 100 < 4000) absl::StrAppend(&deep, std::string(200, 'd'), "/");
    const std::string longest = absl::StrCat(deep, std::string(4000 - deep.size() - 4, 'f'), ".jpg");
    return {longest,
            "100%/%_\\_%.jpg",
            "it's \"quoted\"/'; DROP TABLE files; --.jpg",
            "two\nlines/\ttab \r.jpg",
            "{a,b}/$1 $$ :x.jpg",
            "caf\xE9/\xff\xfe.jpg",
            "\\x41/\\.jpg",
            "日本/写真 é.jpg"};
  }
};

TEST_F(PathsTest, AwkwardPathsReachTheDatabaseEveryCallAndAreGoneWithTheirFiles) {
  Start();
  std::map<std::string, int> wanted;
  int seed = 0;
  for (const std::string& raw : Paths()) {
    ++seed;
    Put(raw, Photo(seed, 64 + seed, 64));
    wanted.emplace(EncodePathText(raw), seed);
  }
  Sync();
  const std::map<std::string, State> files = Files();
  ASSERT_EQ(files.size(), wanted.size());
  for (const auto& [text, number] : wanted) {
    ASSERT_EQ(files.count(text), 1u) << text;
    EXPECT_EQ(files.at(text), File::READY) << text;
    thumbnail::v1::GetThumbnailResponse thumbnail;
    const grpc::Status status = GetThumbnail(text, "large", &thumbnail);
    ASSERT_TRUE(status.ok()) << text << ": " << status.error_message();
    EXPECT_EQ(thumbnail.width_px(), static_cast<unsigned>(64 + number)) << "of another file";
  }
  EXPECT_EQ(Number("SELECT max(octet_length(path)) FROM files"), 4000);
  // A subtree named like a pattern takes only itself along.
  media_.Remove("100%");
  wanted.erase(EncodePathText("100%/%_\\_%.jpg"));
  Sync();
  EXPECT_EQ(Files().size(), wanted.size());
  for (const std::string& raw : Paths()) media_.Remove(raw.substr(0, raw.find('/')));
  Sync();
  EXPECT_EQ(Number("SELECT count(*) FROM files"), 0);
}

}  // namespace
}  // namespace hestia::test
