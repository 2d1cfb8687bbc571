// What happens to files happens to their thumbnails.
#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "tests/e2e/stack.h"
#include "tests/thumbnail-service/render/exotic_images.h"
#include "tests/thumbnail-service/render/image_factory.h"

namespace hestia::test {
namespace {

using thumbnail::v1::File;
using ChangesTest = StackTest;

TEST_F(ChangesTest, EveryFileEndsWithThreeThumbnailsOrAVerdictThatAPersonUnderstands) {
  Put("a.jpg", Photo(1));
  Put("b.png", MakePng(FourCorners(300, 200), {.alpha = true}));
  Put("c.webp", MakeWebp(FourCorners(700, 100)));
  Put("d.tiff", MakeTiff(FourCorners(64, 64)));
  Put("sub/e.jpg", Photo(2, 4000, 3000));
  Put("notes.txt", "not an image");
  Put("cut.jpg", Photo(3).substr(0, 2000));
  Start();
  Sync();
  EXPECT_THAT(Files(), testing::UnorderedElementsAre(
                           testing::Pair("a.jpg", File::READY), testing::Pair("b.png", File::READY),
                           testing::Pair("c.webp", File::READY), testing::Pair("d.tiff", File::READY),
                           testing::Pair("sub/e.jpg", File::READY),
                           testing::Pair("notes.txt", File::FAILED),
                           testing::Pair("cut.jpg", File::FAILED)));
  EXPECT_EQ(Number("SELECT count(*) FROM files f JOIN thumbnails t USING (content_id)"), 5 * 3);

  PatientContext context;
  thumbnail::v1::ListFailuresRequest request;
  request.set_library("photos");
  thumbnail::v1::ListFailuresResponse response;
  ASSERT_TRUE(thumbnail_stub_->ListFailures(&context, request, &response).ok());
  ASSERT_EQ(response.failures_size(), 2);
  EXPECT_EQ(response.failures(0).code(), "DECODE_FAILED");
  EXPECT_EQ(response.failures(1).code(), "UNSUPPORTED_FORMAT");
  EXPECT_THAT(response.failures(1).detail(), testing::HasSubstr("looks like text"));
}

TEST_F(ChangesTest, ThumbnailsFitTheirRecipesBox) {
  Put("wide.jpg", Photo(1, 4000, 3000));
  Put("tiny.jpg", Photo(2, 16, 8));
  Start();
  Sync();
  thumbnail::v1::GetThumbnailResponse thumbnail;
  ASSERT_TRUE(GetThumbnail("wide.jpg", "large", &thumbnail).ok());
  EXPECT_EQ(thumbnail.media_type(), "image/webp");
  EXPECT_EQ(thumbnail.width_px(), 512u);
  EXPECT_EQ(thumbnail.height_px(), 384u);
  EXPECT_EQ(thumbnail.data().substr(0, 4), "RIFF");
  EXPECT_GE(thumbnail.thumbhash().size(), 15U);
  EXPECT_EQ(thumbnail.dominant_colour().size(), 6U);
  thumbnail::v1::ListFilesRequest request;
  request.set_library("photos");
  thumbnail::v1::ListFilesResponse listed;
  PatientContext listing;
  ASSERT_TRUE(thumbnail_stub_->ListFiles(&listing, request, &listed).ok());
  EXPECT_EQ(listed.files(1).thumbhash(), thumbnail.thumbhash());
  EXPECT_EQ(listed.files(1).dominant_colour(), thumbnail.dominant_colour());
  ASSERT_TRUE(GetThumbnail("tiny.jpg", "large", &thumbnail).ok());
  EXPECT_EQ(thumbnail.width_px(), 16u) << "never enlarged";
}

TEST_F(ChangesTest, ANewPhotoIsRenderedOnceAndARenameKeepsItsThumbnail) {
  Start();
  Put("a.jpg", Photo(1, 4000, 3000));
  Sync();
  ASSERT_EQ(Stats().rendered_images(), 1u);
  const std::int64_t content = Number("SELECT content_id FROM files");
  media_.Rename("a.jpg", "b.jpg");
  Sync();
  EXPECT_THAT(Files(), testing::ElementsAre(testing::Pair("b.jpg", File::READY)));
  EXPECT_EQ(Number("SELECT content_id FROM files"), content);
  EXPECT_EQ(Stats().completed_jobs(), 1u) << "no job for a rename";
}

TEST_F(ChangesTest, ARenamedDirectoryKeepsAllItsThumbnails) {
  for (int i = 0; i < 20; ++i) Put(absl::StrCat("old/x/", i, ".jpg"), Photo(i));
  Start();
  Sync();
  ASSERT_EQ(Stats().rendered_images(), 20u);
  media_.Rename("old", "new");
  Sync();
  const auto files = Files();
  EXPECT_EQ(files.size(), 20u);
  for (const auto& [path, state] : files) {
    EXPECT_EQ(path.substr(0, 6), "new/x/");
    EXPECT_EQ(state, File::READY);
  }
  EXPECT_EQ(Stats().completed_jobs(), 20u);
}

TEST_F(ChangesTest, AnOverwrittenFileGetsANewThumbnail) {
  Put("a.png", MakePng(Plain(100, 50, kRed)));
  Start();
  Sync();
  thumbnail::v1::GetThumbnailResponse before;
  ASSERT_TRUE(GetThumbnail("a.png", "small", &before).ok());
  Put("a.png", MakePng(Plain(50, 100, kBlue)));
  Sync();
  thumbnail::v1::GetThumbnailResponse after;
  ASSERT_TRUE(GetThumbnail("a.png", "small", &after).ok());
  EXPECT_EQ(after.width_px(), 50u);
  EXPECT_NE(before.data(), after.data());
}

TEST_F(ChangesTest, ARemovedDirectoryLeavesNoRow) {
  Put("keep.jpg", Photo(0));
  for (int i = 1; i < 10; ++i) Put(absl::StrCat("d/e", i % 3, "/", i, ".jpg"), Photo(i));
  Start();
  Sync();
  media_.Remove("d");
  Sync();
  EXPECT_THAT(Files(), testing::ElementsAre(testing::Pair("keep.jpg", File::READY)));
  EXPECT_EQ(Number("SELECT count(*) FROM files"), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM jobs"), 0);
}

TEST_F(ChangesTest, ACopyCostsAReadAndNoRender) {
  Put("a.jpg", Photo(1));
  Start();
  Sync();
  Put("copy.jpg", Photo(1));
  Sync();
  EXPECT_EQ(Files().at("copy.jpg"), File::READY);
  EXPECT_EQ(Stats().rendered_images(), 1u);
  EXPECT_EQ(Number("SELECT count(*) FROM contents"), 1);
}

TEST_F(ChangesTest, NamesOfEveryKindGoTheWholeWay) {
  const std::vector<std::string> texts = {"100%_'\"{}.jpg", "two\nlines.jpg", "back\\\\slash.jpg",
                                          "caf\\xe9.jpg", "日本/写真.jpg"};
  Put("100%_'\"{}.jpg", Photo(1));
  Put("two\nlines.jpg", Photo(2));
  Put("back\\slash.jpg", Photo(3));
  Put("caf\xE9.jpg", Photo(4));
  Put("日本/写真.jpg", Photo(5));
  Start();
  Sync();
  for (const std::string& text : texts) {
    thumbnail::v1::GetThumbnailResponse thumbnail;
    const grpc::Status status = GetThumbnail(text, "small", &thumbnail);
    EXPECT_TRUE(status.ok()) << text << ": " << status.error_message();
  }
}

TEST_F(ChangesTest, ALibraryAddedWhileRunningIsRenderedWithoutAnySetting) {
  Start();
  const TempFolder scans;
  scans.Write("s.jpg", Photo(9));
  watcher::v1::AddLibraryRequest request;
  request.set_name("scans");
  request.set_root(scans.path());
  PatientContext context;
  watcher::v1::AddLibraryResponse response;
  ASSERT_TRUE(watcher_stub_->AddLibrary(&context, request, &response).ok());
  Sync("scans");
  EXPECT_EQ(Files("scans").at("s.jpg"), File::READY);
}

}  // namespace
}  // namespace hestia::test
