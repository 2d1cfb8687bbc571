// Stopping and starting again costs nothing and loses nothing.
#include <thread>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include "tests/e2e/stack.h"

namespace hestia::test {
namespace {

using thumbnail::v1::File;
using RestartTest = StackTest;

TEST_F(RestartTest, ARestartRendersNothingAnew) {
  for (int i = 0; i < 10; ++i) Put(absl::StrCat(i, ".jpg"), Photo(i));
  Put("bad.jpg", "broken");
  Start();
  Sync();
  EXPECT_EQ(replicas_.back()->Stop(), 0);
  EXPECT_EQ(watcher_->Stop(), 0);
  replicas_.clear();
  Start();
  Sync();
  const auto stats = Stats();
  EXPECT_EQ(stats.completed_jobs(), 0u);
  EXPECT_EQ(stats.failed_jobs(), 0u);
  EXPECT_EQ(stats.files(), 11u);
}

TEST_F(RestartTest, WhatChangedWhileNobodyWatchedIsFoundAndNothingElse) {
  for (int i = 0; i < 10; ++i) Put(absl::StrCat("d/", i, ".jpg"), Photo(i));
  Start();
  Sync();
  EXPECT_EQ(replicas_.back()->Stop(), 0);
  EXPECT_EQ(watcher_->Stop(), 0);
  replicas_.clear();
  Put("d/0.jpg", Photo(100));
  Put("new.jpg", Photo(101));
  media_.Rename("d/1.jpg", "moved.jpg");
  media_.Remove("d/2.jpg");
  Start();
  Sync();
  const auto files = Files();
  EXPECT_EQ(files.size(), 10u);
  EXPECT_EQ(files.count("d/1.jpg") + files.count("d/2.jpg"), 0u);
  EXPECT_EQ(files.at("moved.jpg"), File::READY);
  EXPECT_EQ(Stats().rendered_images(), 2u);
}

TEST_F(RestartTest, AWatcherThatWasKilledIsFoundAgainAndWhatItMissedIsIngested) {
  Put("a.jpg", Photo(1));
  Start();
  Sync();
  watcher_->Kill();
  Put("b.jpg", Photo(2));
  StartWatcher();
  Sync();
  EXPECT_EQ(Files().size(), 2u);
  EXPECT_EQ(Stats().rendered_images(), 2u);
}

TEST_F(RestartTest, CallsThatWaitForAnAbsentWatcherOutliveTheirDeadlinesAndDelayNoStop) {
  Start();
  Sync();
  watcher_->Kill();
  constexpr int kCalls = 12;
  std::vector<std::thread> callers;
  for (int i = 0; i < kCalls; ++i) {
    callers.emplace_back([this, i] {
      grpc::ClientContext context;
      context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(1 + i % 4)));
      thumbnail::v1::SyncRequest request;
      request.set_library("photos");
      thumbnail::v1::SyncResponse response;
      EXPECT_FALSE(thumbnail_stub_->Sync(&context, request, &response).ok());
    });
  }
  for (std::thread& caller : callers) caller.join();
  const absl::Time begin = absl::Now();
  EXPECT_EQ(replicas_.back()->Stop(), 0);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(10));
}

TEST_F(RestartTest, StoppingUnderLoadTakesUnderTenSecondsAndLosesNoFile) {
  for (int i = 0; i < 60; ++i) Put(absl::StrCat(i, ".jpg"), Photo(i, 3000, 2000));
  Start();
  AwaitStats([](const auto& stats) { return stats.rendered_images() >= 2; });
  const absl::Time begin = absl::Now();
  EXPECT_EQ(replicas_.back()->Stop(), 0);
  EXPECT_EQ(watcher_->Stop(), 0);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(10));
  EXPECT_EQ(Number("SELECT count(*) FROM jobs WHERE claim_token IS NOT NULL"), 0)
      << "what was not done is handed back";
  EXPECT_EQ(Number("SELECT count(*) FROM replicas"), 0);
  replicas_.clear();
  Start();
  Sync();
  for (const auto& [path, state] : Files()) EXPECT_EQ(state, File::READY) << path;
  EXPECT_EQ(Files().size(), 60u);
  EXPECT_EQ(Number("SELECT count(*) FROM thumbnails"), 60 * 3);
}

}  // namespace
}  // namespace hestia::test
