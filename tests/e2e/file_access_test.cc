// Replicas that do not have the folder: the watcher sends them the bytes.
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "tests/e2e/stack.h"
#include "tests/thumbnail-service/render/image_factory.h"

namespace hestia::test {
namespace {

using thumbnail::v1::File;
using testing::Pair;
using testing::UnorderedElementsAre;

class FileAccessTest : public StackTest {
 protected:
  void StartFarReplica(const std::vector<std::string>& flags = {}) {
    std::vector<std::string> all = {"--file_access=grpc", "--libraries=photos=/nowhere/at/all"};
    all.insert(all.end(), flags.begin(), flags.end());
    StartReplica(all);
  }
};

TEST_F(FileAccessTest, AReplicaWithoutTheFolderRendersEverything) {
  for (int i = 0; i < 20; ++i) Put(absl::StrCat("d", i % 3, "/", i, ".jpg"), Photo(i));
  Put("line\nbreak \xff.jpg", Photo(100));
  Put("large.png", MakePng(FourCorners(2000, 1500), {.alpha = true}));
  Put("notes.txt", "not an image");
  Put("huge.jpg", Photo(101) + std::string(3'000'000, '\0'));
  StartWatcher();
  StartFarReplica({"--max_source_bytes=2000000"});
  Sync();
  std::map<std::string, State> files = Files();
  EXPECT_EQ(files.size(), 24u);
  EXPECT_EQ(files["notes.txt"], File::FAILED);
  EXPECT_EQ(files["huge.jpg"], File::FAILED);
  EXPECT_EQ(Number("SELECT count(*) FROM failures WHERE code = 'TOO_LARGE'"), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM failures WHERE code = 'UNSUPPORTED_FORMAT'"), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM files WHERE state = 1"), 22);
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnails"), 22 * 3);
  EXPECT_EQ(replicas_.back()->Stop(), 0);
}

TEST_F(FileAccessTest, GetThumbnailRendersAFileTheReplicaCannotSee) {
  StartWatcher();
  StartFarReplica();
  Sync();
  Put("new.jpg", Photo(1));
  grpc::ClientContext context;
  watcher::v1::SyncRequest request;
  request.set_library("photos");
  watcher::v1::SyncResponse response;
  ASSERT_TRUE(watcher_stub_->Sync(&context, request, &response).ok());
  AwaitStats([](const auto& stats) { return stats.files() == 1; });
  thumbnail::v1::GetThumbnailResponse thumbnail;
  ASSERT_TRUE(GetThumbnail("new.jpg", "small", &thumbnail).ok());
  EXPECT_EQ(thumbnail.width_px(), 128u);
}

TEST_F(FileAccessTest, WithoutTheSettingSuchAReplicaClaimsNothing) {
  Put("a.jpg", Photo(1));
  StartWatcher();
  StartReplica({"--libraries=photos=/nowhere/at/all"});
  AwaitStats([](const auto& stats) {
    return stats.replicas_size() == 1 && !stats.replicas(0).problem().empty() &&
           stats.pending_jobs() == 1;
  });
  thumbnail::v1::ExplainFileRequest explain;
  explain.set_library("photos");
  explain.set_path("a.jpg");
  thumbnail::v1::ExplainFileResponse explained;
  PatientContext context;
  ASSERT_TRUE(thumbnail_stub_->ExplainFile(&context, explain, &explained).ok());
  std::string why;
  for (const thumbnail::v1::Fact& fact : explained.facts()) {
    if (absl::StartsWith(fact.name(), "replica_problem ")) why = fact.value();
  }
  EXPECT_THAT(why, testing::HasSubstr("the folder of library photos is not here"));
  StartFarReplica();
  Sync();
  EXPECT_THAT(Files(), UnorderedElementsAre(Pair("a.jpg", File::READY)));
}

TEST_F(FileAccessTest, AFileThatIsReplacedAgainAndAgainEndsWithItsLastBytes) {
  StartWatcher();
  StartFarReplica();
  Sync();
  const std::string filler(4'000'000, '\0');  // behind the image, so that a read takes its time
  for (int i = 0; i < 30; ++i) {
    Put("a.jpg", Photo(i) + filler);
    if (i % 3 == 0) Put("b.jpg", Photo(1000 + i) + filler);
    if (i % 3 == 1) media_.Remove("b.jpg");
  }
  Sync();
  EXPECT_THAT(Files(), UnorderedElementsAre(Pair("a.jpg", File::READY)));
  thumbnail::v1::GetThumbnailResponse last;
  ASSERT_TRUE(GetThumbnail("a.jpg", "large", &last).ok());
  Put("same.jpg", Photo(29) + filler);
  Sync();
  thumbnail::v1::GetThumbnailResponse same;
  ASSERT_TRUE(GetThumbnail("same.jpg", "large", &same).ok());
  EXPECT_EQ(last.data(), same.data());
  EXPECT_EQ(Number("SELECT count(DISTINCT content_id) FROM files"), 1);
}

TEST_F(FileAccessTest, AWatcherThatIsAwayCostsNoFileAnything) {
  StartWatcher();
  StartFarReplica({"--workers=1"});
  for (int i = 0; i < 20; ++i) Put(absl::StrCat(i, ".jpg"), Photo(i, 2000, 1500));
  AwaitStats([](const auto& stats) { return stats.completed_jobs() >= 1; });
  watcher_->Kill();
  AwaitStats([](const auto& stats) { return !stats.replicas(0).problem().empty(); });
  StartWatcher();
  Sync();
  EXPECT_EQ(Number("SELECT count(*) FROM files WHERE state = 1"), 20);
  EXPECT_EQ(Number("SELECT count(*) FROM failures"), 0);
}

}  // namespace
}  // namespace hestia::test
