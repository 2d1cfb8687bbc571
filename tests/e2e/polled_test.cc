// The same promises where nobody tells of changes and they have to be looked for.
#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "tests/e2e/stack.h"

namespace hestia::test {
namespace {

using testing::ElementsAre;
using testing::Pair;
using thumbnail::v1::File;

class PolledTest : public StackTest {
 protected:
  // No round comes by itself within the test: Sync alone has to find everything.
  void StartPolled() {
    StartWatcher({"--watch_mode=poll", "--poll_interval=1h"});
    StartReplica();
  }
  watcher::v1::Library Library() {
    PatientContext context;
    watcher::v1::ListLibrariesResponse response;
    EXPECT_TRUE(watcher_stub_->ListLibraries(&context, {}, &response).ok());
    EXPECT_EQ(response.libraries_size(), 1);
    return response.libraries(0);
  }
};

TEST_F(PolledTest, WhatIsMadeOverwrittenMovedAndRemovedReachesTheTables) {
  Put("before/a.jpg", Photo(1));
  StartPolled();
  Sync();
  EXPECT_THAT(Files(), ElementsAre(Pair("before/a.jpg", File::READY)));
  EXPECT_EQ(Library().mode(), watcher::v1::WATCH_MODE_POLL);
  ASSERT_EQ(Library().polled_size(), 1);
  EXPECT_EQ(Library().polled(0).reason(), "FORCED");
  EXPECT_EQ(Library().watched_directories(), 0u);
  EXPECT_EQ(Library().polled_directories(), 2u);

  Put("after/deep/b.jpg", Photo(2));
  Put("before/c.jpg", Photo(3));
  Sync();
  EXPECT_THAT(Files(), ElementsAre(Pair("after/deep/b.jpg", File::READY),
                                   Pair("before/a.jpg", File::READY),
                                   Pair("before/c.jpg", File::READY)));
  ASSERT_EQ(Stats().rendered_images(), 3u);

  thumbnail::v1::GetThumbnailResponse old_one;
  ASSERT_TRUE(GetThumbnail("before/c.jpg", "small", &old_one).ok());
  Put("before/c.jpg", Photo(4, 480, 640));
  media_.Rename("after", "renamed");
  media_.Remove("before/a.jpg");
  Sync();
  EXPECT_THAT(Files(), ElementsAre(Pair("before/c.jpg", File::READY),
                                   Pair("renamed/deep/b.jpg", File::READY)));
  thumbnail::v1::GetThumbnailResponse new_one;
  ASSERT_TRUE(GetThumbnail("before/c.jpg", "small", &new_one).ok());
  EXPECT_NE(new_one.height_px(), old_one.height_px());
  EXPECT_EQ(Stats().rendered_images(), 4u) << "a renamed directory is not rendered again";

  media_.Remove("renamed");
  media_.Remove("before");
  Sync();
  EXPECT_THAT(Files(), ElementsAre());
}

TEST_F(PolledTest, ALibraryCanBeSwitchedToPollingAndBackWithoutLosingAnything) {
  Put("a.jpg", Photo(1));
  Start();
  Sync();
  for (const auto mode : {watcher::v1::WATCH_MODE_POLL, watcher::v1::WATCH_MODE_EVENTS,
                          watcher::v1::WATCH_MODE_POLL, watcher::v1::WATCH_MODE_UNSPECIFIED}) {
    Put(absl::StrCat("d", mode, "/x.jpg"), Photo(10 + mode));
    PatientContext context;
    watcher::v1::AddLibraryRequest request;
    request.set_name("photos");
    request.set_root(media_.path());
    request.set_mode(mode);
    watcher::v1::AddLibraryResponse response;
    const grpc::Status status = watcher_stub_->AddLibrary(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    Put(absl::StrCat("d", mode, "/y.jpg"), Photo(20 + mode));
    Sync();
    ASSERT_EQ(Files().count(absl::StrCat("d", mode, "/x.jpg")), 1u);
    ASSERT_EQ(Files().count(absl::StrCat("d", mode, "/y.jpg")), 1u);
    EXPECT_EQ(Library().mode(), mode == watcher::v1::WATCH_MODE_POLL
                                    ? watcher::v1::WATCH_MODE_POLL
                                    : watcher::v1::WATCH_MODE_EVENTS);
  }
}

}  // namespace
}  // namespace hestia::test
