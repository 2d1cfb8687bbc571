// What the API says to mistakes, and how it renders what is missing.
#include <map>
#include <string>

#include <gmock/gmock.h>

#include "common/error_reason.h"
#include "common/grpc_status.h"
#include "tests/e2e/stack.h"

namespace hestia::test {
namespace {

class ApiErrorsTest : public StackTest {
 protected:
  void ExpectError(const grpc::Status& status, grpc::StatusCode code, const std::string& reason) {
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_EQ(ReasonOf(FromGrpc(status)), reason) << status.error_message();
  }
};

TEST_F(ApiErrorsTest, EveryMistakeInGetThumbnailHasItsCodeAndReason) {
  Put("a.jpg", Photo(1));
  Put("bad.jpg", "broken");
  Start();
  Sync();
  thumbnail::v1::GetThumbnailResponse response;
  using grpc::StatusCode;
  ExpectError(GetThumbnail("a.jpg", "small", &response, ""), StatusCode::INVALID_ARGUMENT,
              "LIBRARY_MISSING");
  ExpectError(GetThumbnail("a.jpg", "small", &response, "nope"), StatusCode::NOT_FOUND,
              "LIBRARY_UNKNOWN");
  ExpectError(GetThumbnail("a.jpg", "huge", &response), StatusCode::NOT_FOUND, "RECIPE_UNKNOWN");
  ExpectError(GetThumbnail("b.jpg", "small", &response), StatusCode::NOT_FOUND, "FILE_UNKNOWN");
  ExpectError(GetThumbnail("bad.jpg", "small", &response), StatusCode::FAILED_PRECONDITION,
              "FILE_FAILED");
  for (const char* path : {"../a.jpg", "/etc/passwd", "x/../a.jpg", "", "a.jpg/", "a\\q"}) {
    ExpectError(GetThumbnail(path, "small", &response), StatusCode::INVALID_ARGUMENT,
                "PATH_INVALID");
  }
  EXPECT_EQ(Number("SELECT count(*) FROM files"), 2) << "asking stores nothing";
}

TEST_F(ApiErrorsTest, AMissingThumbnailIsRenderedForTheCallThatAsks) {
  Put("a.jpg", Photo(1));
  Start();
  Sync();
  Execute("DELETE FROM thumbnails");
  thumbnail::v1::GetThumbnailResponse response;
  const grpc::Status status = GetThumbnail("a.jpg", "", &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.width_px(), 128u) << "no recipe named: the smallest";
  EXPECT_EQ(Stats().rendered_images(), 2u);
}

TEST_F(ApiErrorsTest, QueueFilesReadsAgainAndNamesWhatItDoesNotKnow) {
  Put("a.jpg", Photo(1));
  Start();
  Sync();
  thumbnail::v1::QueueFilesRequest request;
  request.set_library("photos");
  request.add_paths("a.jpg");
  request.add_paths("b.jpg");
  PatientContext context;
  thumbnail::v1::QueueFilesResponse response;
  ASSERT_TRUE(thumbnail_stub_->QueueFiles(&context, request, &response).ok());
  EXPECT_EQ(response.queued(), 1u);
  EXPECT_THAT(response.unknown_paths(), testing::ElementsAre("b.jpg"));
  Sync();
  EXPECT_EQ(Stats().completed_jobs(), 2u);
  EXPECT_EQ(Stats().rendered_images(), 1u) << "the bytes were known";
}

TEST_F(ApiErrorsTest, SyncOfAnUnknownLibraryIsNotFoundAndAMissingRootIsAPrecondition) {
  Start();
  thumbnail::v1::SyncRequest request;
  thumbnail::v1::SyncResponse response;
  request.set_library("nope");
  PatientContext unknown;
  ExpectError(thumbnail_stub_->Sync(&unknown, request, &response), grpc::StatusCode::NOT_FOUND,
              "LIBRARY_UNKNOWN");
  Sync();
  const TempFolder elsewhere;
  watcher::v1::AddLibraryRequest add;
  add.set_name("usb");
  elsewhere.MakeDirs("mount");
  add.set_root(elsewhere.Full("mount"));
  PatientContext adding;
  watcher::v1::AddLibraryResponse added;
  ASSERT_TRUE(watcher_stub_->AddLibrary(&adding, add, &added).ok());
  elsewhere.Rename("mount", "gone");
  request.set_library("usb");
  PatientContext missing;
  ExpectError(thumbnail_stub_->Sync(&missing, request, &response),
              grpc::StatusCode::FAILED_PRECONDITION, "ROOT_UNAVAILABLE");
}

TEST_F(ApiErrorsTest, CapabilitiesNameTheFormatsThatAreReadAndWritten) {
  StartWatcher();
  StartReplica({"--max_pixels=7000000",
                "--format_limits=psd=5000:6000,all=channels=7:ratio=8,png=frames=9:chunk=10:icc=11:"
                "exif=12,jpeg=scans=13"});
  std::map<std::string, thumbnail::v1::Format> formats;
  // The second answer is the first one kept.
  for (int i = 0; i < 2; ++i) {
    PatientContext context;
    thumbnail::v1::CapabilitiesResponse response;
    const grpc::Status status = thumbnail_stub_->Capabilities(&context, {}, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    formats.clear();
    for (const thumbnail::v1::Format& format : response.formats()) formats[format.name()] = format;
    ASSERT_EQ(static_cast<std::size_t>(response.formats_size()), formats.size());
  }
  EXPECT_TRUE(formats["JPEG"].can_read() && formats["JPEG"].can_write());
  EXPECT_EQ(formats["JPEG"].write_library(), "libjpeg-turbo");
  EXPECT_FALSE(formats["JPEG"].version().empty());
  EXPECT_TRUE(formats["AVIF"].can_read() && formats["AVIF"].can_write());
  EXPECT_FALSE(formats["TIFF"].can_write());
  EXPECT_EQ(formats["TIFF"].max_pixels(), 7'000'000u);
  EXPECT_EQ(formats["PSD"].max_pixels(), 5000u);
  EXPECT_EQ(formats["PSD"].max_source_bytes(), 6000u);
  EXPECT_EQ(formats["PSD"].max_frames(), 0u) << "it has none";
  EXPECT_EQ(formats["PSD"].max_channels(), 7u);
  EXPECT_EQ(formats["PSD"].max_ratio(), 8u);
  EXPECT_EQ(formats["PNG"].max_frames(), 9u);
  EXPECT_EQ(formats["PNG"].max_chunk_bytes(), 10u);
  EXPECT_EQ(formats["PNG"].max_icc_bytes(), 11u);
  EXPECT_EQ(formats["PNG"].max_exif_bytes(), 12u);
  EXPECT_EQ(formats["JPEG"].max_scans(), 13u);
}

}  // namespace
}  // namespace hestia::test
