// A file server that hangs holds up its own library and nothing else, neither while the watcher
// runs nor when it stops.
#include <signal.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/synchronization/notification.h>
#include <gmock/gmock.h>

#include "common/error_reason.h"
#include "common/grpc_server.h"
#include "common/monotonic_clock.h"
#include "hestia/watcher/v1/watcher.grpc.pb.h"
#include "tests/e2e/service_process.h"
#include "tests/watcher-service/hanging_mount.h"
#include "tests/watcher-service/own_namespaces.h"
#include "tests/watcher-service/watched_library.h"
#include "watcher-service/libraries/library_set.h"
#include "watcher-service/stop_limit.h"

namespace hestia {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class HungDiskTest : public WatchedLibraryTest {
 protected:
  void SetUp() override {
    if (const std::string why = EnterOwnNamespaces(); !why.empty()) GTEST_SKIP() << why;
    mount_.emplace(served_.path(), hung_.path());
    if (!mount_->mounted()) GTEST_SKIP() << "bindfs cannot mount here";
  }

  static WatchOptions ImpatientOptions() {
    WatchOptions options = QuickOptions();
    options.disk_patience = absl::Milliseconds(200);
    options.stop_patience = absl::Milliseconds(100);
    return options;
  }

  static bool SaysThatItHangs(const LibraryWatch& watch) {
    const WatchStatus status = watch.status();
    return status.state == WatchState::kDegraded && absl::StrContains(status.detail, "answered");
  }
  // Has its watch thread wait for the disk.
  static void AwaitHang(const LibraryWatch& watch) {
    const absl::Duration deadline = MonotonicNow() + absl::Seconds(60);
    while (!SaysThatItHangs(watch)) ASSERT_LT(MonotonicNow(), deadline);
  }

  TempFolder served_;
  TempFolder hung_;
  std::optional<HangingMount> mount_;
};

TEST_F(HungDiskTest, AFileServerThatHangsHoldsUpItsLibraryAloneWhichSaysSo) {
  const auto other = LibraryWatch::Create({"hung", hung_.path()}, true, ImpatientOptions()).value();
  ASSERT_TRUE(other->AwaitFirstWalk());
  Start();

  mount_->Hang();
  const absl::Duration deadline = MonotonicNow() + absl::Seconds(60);
  while (!SaysThatItHangs(*other) && MonotonicNow() < deadline) {
    folder_.Write("a", absl::FormatTime(absl::Now()));
    Catch();
  }
  EXPECT_TRUE(SaysThatItHangs(*other));
  folder_.Write("b", "x");
  Catch();
  EXPECT_THAT(mirror_.paths(), ElementsAre("a", "b"));
  EXPECT_EQ(watch_->status().state, WatchState::kWatching);

  absl::Notification synced;
  other->Sync([&](const absl::StatusOr<SyncResult>& result) {
    EXPECT_TRUE(result.ok()) << result.status();
    synced.Notify();
  });
  EXPECT_FALSE(synced.HasBeenNotified());
  mount_->Resume();
  synced.WaitForNotification();
  EXPECT_EQ(other->status().state, WatchState::kWatching) << other->status().detail;
  Stop(*other);
}

TEST_F(HungDiskTest, ALibraryIsRemovedThoughItsDiskHangsAndKeepsItsPlaceUntilThatAnswers) {
  LibrarySet set(ImpatientOptions(), LibraryStore(""), 1);
  ASSERT_TRUE(set.Start({}).ok());
  ASSERT_TRUE(set.Add("hung", hung_.path()).ok());
  ASSERT_TRUE(set.AwaitFirstWalks());
  mount_->Hang();
  AwaitHang(**set.Find("hung"));

  EXPECT_TRUE(set.Remove("hung").ok());
  EXPECT_THAT(set.All(), IsEmpty());
  EXPECT_THAT(set.AwaitEnd(absl::ZeroDuration()), ElementsAre("hung"));
  EXPECT_EQ(ReasonOf(set.Add("next", folder_.path()).status()), "TOO_MANY_LIBRARIES");

  mount_->Resume();
  EXPECT_THAT(set.AwaitEnd(absl::InfiniteDuration()), IsEmpty());
  EXPECT_TRUE(set.Add("next", folder_.path()).ok());
}

TEST_F(HungDiskTest, AConfiguredLibraryThatHangsFromTheStartHoldsUpNoOther) {
  LibrarySet set(ImpatientOptions(), LibraryStore(""), 2);
  mount_->Hang();
  ASSERT_TRUE(set.Start({{"hung", hung_.path()}, {"whole", folder_.path()}}).ok());
  EXPECT_TRUE(set.AwaitFirstWalks());
  EXPECT_EQ((*set.Find("whole"))->status().state, WatchState::kWatching);
  const std::shared_ptr<LibraryWatch> hung = *set.Find("hung");
  EXPECT_EQ(hung->status().state, WatchState::kRootUnavailable);
  EXPECT_THAT(hung->status().detail, testing::HasSubstr("has not answered"));

  mount_->Resume();
  absl::Notification synced;
  hung->Sync([&](const absl::StatusOr<SyncResult>& result) {
    EXPECT_TRUE(result.ok()) << result.status();
    synced.Notify();
  });
  synced.WaitForNotification();
  EXPECT_EQ(hung->status().state, WatchState::kWatching) << hung->status().detail;
  EXPECT_TRUE(hung->AwaitFirstWalk());
}

TEST_F(HungDiskTest, AddingALibraryThatHangsHoldsUpNoOtherChange) {
  LibrarySet set(ImpatientOptions(), LibraryStore(""), 2);
  ASSERT_TRUE(set.Start({}).ok());
  mount_->Hang();
  absl::Notification added;
  NamedThread adding("adding", [&] {
    EXPECT_TRUE(set.Add("hung", hung_.path()).ok());
    added.Notify();
  });
  ASSERT_TRUE(AwaitLookOf(getpid(), "adding"));
  EXPECT_TRUE(set.Add("other", folder_.path()).ok());
  EXPECT_TRUE(set.Remove("other").ok());
  EXPECT_FALSE(added.HasBeenNotified());
  mount_->Resume();
  adding.Join();
}

TEST_F(HungDiskTest, AProgramWhoseAdditionsAllHangStillRemovesALibrary) {
  const TempFolder run;
  test::ServiceProcess watcher(
      HESTIA_WATCHER_PROGRAM,
      {"--libraries=whole=" + folder_.path(), "--watcher_listen=127.0.0.1:0"}, run.path());
  const auto stub = watcher::v1::WatcherService::NewStub(GrpcClientChannel(watcher.address()));
  mount_->Hang();
  // More of them than there are threads for it, each given up by its caller and waiting for ever.
  for (int i = 0; i < 4; ++i) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Milliseconds(500)));
    watcher::v1::AddLibraryRequest request;
    request.set_name(absl::StrCat("hung-", i));
    request.set_root(hung_.path());
    watcher::v1::AddLibraryResponse response;
    EXPECT_EQ(stub->AddLibrary(&context, request, &response).error_code(),
              grpc::StatusCode::DEADLINE_EXCEEDED);
  }
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(60)));
  watcher::v1::RemoveLibraryRequest request;
  request.set_name("whole");
  watcher::v1::RemoveLibraryResponse response;
  const grpc::Status removed = stub->RemoveLibrary(&context, request, &response);
  EXPECT_TRUE(removed.ok()) << removed.error_message();
  mount_->Resume();
  EXPECT_EQ(watcher.Stop(), 0);
}

// The real program with a library on the disk that is going to hang.
class HungProgramTest : public HungDiskTest {
 protected:
  void SetUp() override {
    HungDiskTest::SetUp();
    if (IsSkipped()) return;
    watcher_.emplace(HESTIA_WATCHER_PROGRAM,
                     std::vector<std::string>{"--libraries=hung=" + hung_.path(),
                                              "--watcher_listen=127.0.0.1:0"},
                     run_.path());
    stub_ = watcher::v1::WatcherService::NewStub(GrpcClientChannel(watcher_->address()));
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    watcher::v1::SyncRequest request;
    request.set_library("hung");
    watcher::v1::SyncResponse response;
    ASSERT_TRUE(stub_->Sync(&context, request, &response).ok());
  }

  void ExpectToBeLeftBehind() {
    const absl::Duration asked = MonotonicNow();
    EXPECT_EQ(watcher_->Stop(), kStopLimitExit);
    EXPECT_LT(MonotonicNow() - asked, absl::Seconds(20));
  }

  const TempFolder run_;
  std::optional<test::ServiceProcess> watcher_;
  std::unique_ptr<watcher::v1::WatcherService::Stub> stub_;
};

TEST_F(HungProgramTest, ItEndsThoughAWatchWaitsForADiskThatHangs) {
  mount_->Hang();
  // It looks at the root every two seconds.
  ASSERT_TRUE(AwaitLookOf(watcher_->pid(), "watch-hung"));
  ExpectToBeLeftBehind();
}

TEST_F(HungProgramTest, ItEndsThoughAStreamWaitsForADiskThatHangs) {
  watcher::v1::WatchRequest request;
  request.set_library("hung");
  // Again where the watch happened to look at the root as well: it is about the stream alone.
  for (bool alone = false; !alone;) {
    mount_->Hang();
    grpc::ClientContext context;
    const auto stream = stub_->Watch(&context, request);
    ASSERT_TRUE(AwaitLookOf(watcher_->pid(), "stream-"));
    alone = !LooksAtFiles(watcher_->pid(), "watch-hung");
    if (alone) ExpectToBeLeftBehind();
    mount_->Resume();
    context.TryCancel();
    stream->Finish();
  }
}

}  // namespace
}  // namespace hestia
