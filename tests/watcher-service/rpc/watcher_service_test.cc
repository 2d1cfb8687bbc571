#include "watcher-service/rpc/watcher_service.h"

#include <fstream>
#include <thread>
#include <vector>

#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include "common/error_reason.h"
#include "common/version.h"
#include "tests/watcher-service/rpc/served_watcher.h"

namespace hestia {
namespace {

using testing::ElementsAre;

class WatcherServiceTest : public ServedWatcherTest {
 protected:
  // Calls a unary method of the stub with a request made by `fill`.
  template <typename Request, typename Response, typename Fill>
  absl::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    Fill fill, Response* response) {
    grpc::ClientContext context;
    Request request;
    fill(request);
    return FromGrpc((stub_.get()->*method)(&context, request, response));
  }

  absl::Status Add(const std::string& name, const std::string& root,
                   watcher::v1::WatchMode mode = watcher::v1::WATCH_MODE_UNSPECIFIED) {
    return Call(
        &Stub::AddLibrary,
        [&](watcher::v1::AddLibraryRequest& request) {
          request.set_name(name);
          request.set_root(root);
          request.set_mode(mode);
        },
        &added_);
  }

  watcher::v1::ListLibrariesResponse List() {
    watcher::v1::ListLibrariesResponse response;
    EXPECT_TRUE(Call(
                    &Stub::ListLibraries, [](watcher::v1::ListLibrariesRequest&) {}, &response)
                    .ok());
    return response;
  }

  static void ExpectError(const absl::Status& status, absl::StatusCode code,
                          const std::string& reason) {
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_EQ(ReasonOf(status), reason);
  }

  watcher::v1::AddLibraryResponse added_;  // the last answer to Add
};

TEST_F(WatcherServiceTest, LibrariesCanBeAddedAndRemovedWhileRunning) {
  Serve();
  const TempFolder other;
  ASSERT_TRUE(Add("other", other.path()).ok());
  ASSERT_TRUE((*libraries_->Find("other"))->AwaitFirstWalk());
  const watcher::v1::ListLibrariesResponse both = List();
  ASSERT_EQ(both.libraries_size(), 2);
  EXPECT_EQ(both.libraries(0).name(), "other");
  EXPECT_EQ(both.libraries(0).root(), other.path());
  EXPECT_FALSE(both.libraries(0).configured());
  EXPECT_TRUE(both.libraries(1).configured());
  EXPECT_EQ(both.libraries(1).state(), watcher::v1::LIBRARY_STATE_WATCHING);
  watcher::v1::RemoveLibraryResponse removed;
  EXPECT_TRUE(Call(
                  &Stub::RemoveLibrary,
                  [](watcher::v1::RemoveLibraryRequest& r) { r.set_name("other"); }, &removed)
                  .ok());
  EXPECT_EQ(List().libraries_size(), 1);
}

TEST_F(WatcherServiceTest, AddLibraryAnswersWithTheModeInForce) {
  Serve();
  const TempFolder other;
  other.MakeDirs("a/b");
  for (const watcher::v1::WatchMode mode :
       {watcher::v1::WATCH_MODE_POLL, watcher::v1::WATCH_MODE_EVENTS, watcher::v1::WATCH_MODE_POLL}) {
    ASSERT_TRUE(Add("other", other.path(), mode).ok());
    EXPECT_EQ(added_.library().forced_mode(), mode);
    EXPECT_EQ(added_.library().mode(), mode);
    EXPECT_EQ(added_.library().state(), watcher::v1::LIBRARY_STATE_WATCHING);
    EXPECT_EQ(added_.library().watched_directories() + added_.library().polled_directories(), 3U);
  }
  ASSERT_TRUE(Add("other", other.path()).ok());
  EXPECT_EQ(added_.library().mode(),
            Polled() ? watcher::v1::WATCH_MODE_POLL : watcher::v1::WATCH_MODE_EVENTS);
}

TEST_F(WatcherServiceTest, EveryMistakeHasItsCodeAndReason) {
  Serve();
  ExpectError(Add("Bad Name", "/tmp"), absl::StatusCode::kInvalidArgument, "LIBRARY_NAME_INVALID");
  ExpectError(Add("a", "tmp"), absl::StatusCode::kInvalidArgument, "ROOT_INVALID");
  ExpectError(Add("a", "/no/such"), absl::StatusCode::kNotFound, "ROOT_NOT_FOUND");
  ExpectError(Add("photos", "/tmp"), absl::StatusCode::kAlreadyExists, "LIBRARY_EXISTS");
  watcher::v1::RemoveLibraryResponse removed;
  ExpectError(Call(
                  &Stub::RemoveLibrary,
                  [](watcher::v1::RemoveLibraryRequest& r) { r.set_name("no"); }, &removed),
              absl::StatusCode::kNotFound, "LIBRARY_UNKNOWN");
  watcher::v1::SyncResponse synced;
  ExpectError(Call(
                  &Stub::Sync, [](watcher::v1::SyncRequest& r) { r.set_library("no"); }, &synced),
              absl::StatusCode::kNotFound, "LIBRARY_UNKNOWN");
  ExpectError(Call(
                  &Stub::Sync, [](watcher::v1::SyncRequest&) {}, &synced),
              absl::StatusCode::kInvalidArgument, "LIBRARY_MISSING");
}

TEST_F(WatcherServiceTest, AMissingRootIsAFailedPrecondition) {
  Serve();
  folder_.Remove("");
  watcher::v1::SyncResponse synced;
  ExpectError(
      Call(
          &Stub::Sync, [](watcher::v1::SyncRequest& r) { r.set_library("photos"); }, &synced),
      absl::StatusCode::kFailedPrecondition, "ROOT_UNAVAILABLE");
  watcher::v1::RescanLibraryResponse rescanned;
  EXPECT_EQ(Call(
                &Stub::RescanLibrary,
                [](watcher::v1::RescanLibraryRequest& r) { r.set_library("photos"); }, &rescanned)
                .code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(WatcherServiceTest, MoreStreamsThanAllowedAreRefused) {
  Serve({.max_streams = 1, .stall_timeout = absl::Seconds(60)});
  watcher::v1::WatchRequest request;
  request.set_library("photos");
  watcher::v1::WatchResponse response;
  grpc::ClientContext first_context;
  const auto first = stub_->Watch(&first_context, request);
  ASSERT_TRUE(first->Read(&response));
  grpc::ClientContext second_context;
  const auto second = stub_->Watch(&second_context, request);
  EXPECT_FALSE(second->Read(&response));
  ExpectError(FromGrpc(second->Finish()), absl::StatusCode::kResourceExhausted, "TOO_MANY_STREAMS");
  first_context.TryCancel();
}

TEST_F(WatcherServiceTest, WatchTellsTheSameFeedWithoutCredits) {
  for (int i = 0; i < 1000; ++i) folder_.Write("f" + std::to_string(i), "");
  Serve();
  grpc::ClientContext context;
  watcher::v1::WatchRequest request;
  request.set_library("photos");
  const auto stream = stub_->Watch(&context, request);
  Mirror mirror;
  watcher::v1::WatchResponse response;
  // Polling cannot know that files made just now are closed, and tells them a moment later.
  while (mirror.ends().empty() || (Polled() && mirror.files().size() < 1000)) {
    ASSERT_TRUE(stream->Read(&response));
    mirror.Apply(FrameFrom(response));
  }
  EXPECT_EQ(mirror.files().size(), 1000U);
  do {
    ASSERT_TRUE(stream->Read(&response));
    mirror.Apply(FrameFrom(response));
  } while (!response.has_bookmark());
  EXPECT_EQ(response.cursor().sequence(), mirror.cursor()->sequence);
  context.TryCancel();
}

TEST_F(WatcherServiceTest, AHundredSyncsWaitTogetherWithoutBlockingOthers) {
  Serve();
  std::ofstream open_file(folder_.Full("open"));
  open_file << "x" << std::flush;
  std::vector<std::thread> callers;
  for (int i = 0; i < 100; ++i) callers.emplace_back([this] { Sync(); });
  EXPECT_EQ(List().libraries_size(), 1);
  for (std::thread& caller : callers) caller.join();
}

TEST_F(WatcherServiceTest, ASyncEndsWithItsDeadline) {
  WatchOptions options = QuickOptions();
  options.timing.still = absl::Minutes(5);
  Serve({}, options);
  std::ofstream open_file(folder_.Full("open"));
  open_file << "x" << std::flush;
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Milliseconds(100)));
  watcher::v1::SyncRequest request;
  request.set_library("photos");
  watcher::v1::SyncResponse response;
  EXPECT_EQ(stub_->Sync(&context, request, &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(WatcherServiceTest, StatsCountWhatHappens) {
  Serve();
  folder_.Write("a", "x");
  Sync();
  watcher::v1::GetStatsResponse stats;
  ASSERT_TRUE(Call(
                  &Stub::GetStats, [](watcher::v1::GetStatsRequest&) {}, &stats)
                  .ok());
  EXPECT_EQ(stats.version(), kVersion);
  EXPECT_GT(stats.watch_limit(), 0U);
  ASSERT_EQ(stats.libraries_size(), 1);
  EXPECT_EQ(stats.watches_used(), Polled() ? 0U : 1U);
  EXPECT_GT(stats.kernel_queue_limit(), 0U);
  if (Polled()) {
    EXPECT_GE(stats.libraries(0).polls(), 1U);
    EXPECT_GE(stats.libraries(0).polls_with_changes(), 1U);
    EXPECT_EQ(stats.libraries(0).library().polled_directories(), 1U);
  } else {
    EXPECT_GE(stats.libraries(0).events(), 2U);
    EXPECT_EQ(stats.libraries(0).journal_marks(), 1U);
  }
  EXPECT_EQ(stats.libraries(0).journal_capacity(), 65'536U);
}

}  // namespace
}  // namespace hestia
