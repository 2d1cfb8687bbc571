#include "thumbnail-service/jobs/worker_pool.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <limits>
#include <map>

#include <absl/strings/str_cat.h>
#include <absl/synchronization/notification.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/error_reason.h"

namespace hestia {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);
// How long is looked at what must not happen.
constexpr absl::Duration kWatch = absl::Milliseconds(100);

// A queue in memory that can be told to fail.
class FakeQueue final : public JobQueue {
 public:
  void Add(int count) {
    absl::MutexLock lock(&mu_);
    for (int i = 0; i < count; ++i) {
      const std::int64_t id = ++last_id_;
      waiting_.push_back(ClaimedJob{.file_id = id, .version = 1, .path = absl::StrCat(id), .stamp = {}});
    }
  }
  void AddAwaited() {
    absl::MutexLock lock(&mu_);
    const std::int64_t id = ++last_id_;
    waiting_.push_back(ClaimedJob{
        .file_id = id, .version = 1, .path = absl::StrCat(id), .stamp = {}, .awaited = true});
  }
  void AddSuspects(int count) {
    absl::MutexLock lock(&mu_);
    for (int i = 0; i < count; ++i) {
      const std::int64_t id = ++last_id_;
      suspects_.push_back(ClaimedJob{.file_id = id, .version = 1, .path = absl::StrCat(id),
                                     .stamp = {}, .deaths = 1});
    }
  }
  void FailNextFinishes(int count) {
    absl::MutexLock lock(&mu_);
    failing_finishes_ = count;
  }

  absl::StatusOr<std::vector<ClaimedJob>> Claim(absl::Span<const std::int64_t>, int most) override {
    absl::MutexLock lock(&mu_);
    least_asked_for_ = std::min(least_asked_for_, most);
    claimed_beside_a_suspect_ = claimed_beside_a_suspect_ || suspect_token_ != 0;
    std::vector<ClaimedJob> jobs;
    while (!waiting_.empty() && static_cast<int>(jobs.size()) < most) {
      jobs.push_back(waiting_.front());
      jobs.back().token = ++last_token_;
      waiting_.pop_front();
      ++claimed_;
    }
    most_claimed_ = std::max(most_claimed_, claimed_);
    return jobs;
  }
  absl::StatusOr<bool> SuspectsWait(absl::Span<const std::int64_t>) override {
    absl::MutexLock lock(&mu_);
    suspects_seen_ = suspects_seen_ || !suspects_.empty();
    return !suspects_.empty();
  }
  bool AwaitSuspectsSeen() {
    absl::MutexLock lock(&mu_);
    return mu_.AwaitWithTimeout(absl::Condition(&suspects_seen_), kPatience);
  }
  absl::StatusOr<std::optional<ClaimedJob>> ClaimSuspect(absl::Span<const std::int64_t>) override {
    absl::MutexLock lock(&mu_);
    if (suspects_.empty()) return std::optional<ClaimedJob>();
    ClaimedJob job = suspects_.front();
    job.token = ++last_token_;
    suspects_.pop_front();
    claimed_beside_a_suspect_ = claimed_beside_a_suspect_ || claimed_ > 0;
    suspect_token_ = job.token;
    ++claimed_;
    return std::optional<ClaimedJob>(job);
  }
  absl::StatusOr<ContentStanding> LookUp(const ContentKey&) override {
    ContentStanding standing;
    standing.missing.push_back(StoredRecipe{.id = 1, .recipe = Recipe{.name = "r"}});
    return standing;
  }
  absl::StatusOr<std::vector<FinishEffect>> Finish(absl::Span<const JobResult> results) override {
    absl::MutexLock lock(&mu_);
    if (failing_finishes_ > 0) {
      --failing_finishes_;
      return absl::UnavailableError("injected");
    }
    for (const JobResult& result : results) {
      finished_.push_back(result);
      if (result.job.token == suspect_token_) suspect_token_ = 0;
    }
    most_at_once_ = std::max(most_at_once_, results.size());
    claimed_ -= static_cast<int>(results.size());
    return std::vector<FinishEffect>(results.size(), FinishEffect::kStored);
  }
  absl::Status Release(absl::Span<const JobRetry> retries) override {
    absl::MutexLock lock(&mu_);
    for (const JobRetry& retry : retries) released_.push_back(retry);
    claimed_ -= static_cast<int>(retries.size());
    return absl::OkStatus();
  }

  bool AwaitEnded(std::size_t count, absl::Duration patience = kPatience) {
    absl::MutexLock lock(&mu_);
    const auto ended = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
      return finished_.size() + released_.size() >= count;
    };
    return mu_.AwaitWithTimeout(absl::Condition(&ended), patience);
  }
  std::vector<JobResult> finished() {
    absl::MutexLock lock(&mu_);
    return finished_;
  }
  std::vector<JobRetry> released() {
    absl::MutexLock lock(&mu_);
    return released_;
  }
  // Whether others were in hand when a suspect was claimed, or asked for while one was.
  bool claimed_beside_a_suspect() {
    absl::MutexLock lock(&mu_);
    return claimed_beside_a_suspect_;
  }
  bool AwaitClaimedBesideASuspect(absl::Duration patience) {
    absl::MutexLock lock(&mu_);
    return mu_.AwaitWithTimeout(absl::Condition(&claimed_beside_a_suspect_), patience);
  }
  bool AwaitClaimed(std::int64_t count, absl::Duration patience = kPatience) {
    absl::MutexLock lock(&mu_);
    const auto come = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return last_token_ >= count; };
    return mu_.AwaitWithTimeout(absl::Condition(&come), patience);
  }
  int least_asked_for() {
    absl::MutexLock lock(&mu_);
    return least_asked_for_;
  }
  // Results stored in one transaction.
  std::size_t most_at_once() {
    absl::MutexLock lock(&mu_);
    return most_at_once_;
  }
  int most_claimed() {
    absl::MutexLock lock(&mu_);
    return most_claimed_;
  }

 private:
  absl::Mutex mu_;
  std::int64_t last_id_ ABSL_GUARDED_BY(mu_) = 0;
  std::int64_t last_token_ ABSL_GUARDED_BY(mu_) = 0;
  int failing_finishes_ ABSL_GUARDED_BY(mu_) = 0;
  int claimed_ ABSL_GUARDED_BY(mu_) = 0;
  int least_asked_for_ ABSL_GUARDED_BY(mu_) = std::numeric_limits<int>::max();
  int most_claimed_ ABSL_GUARDED_BY(mu_) = 0;
  std::int64_t suspect_token_ ABSL_GUARDED_BY(mu_) = 0;  // of the one in hand
  bool claimed_beside_a_suspect_ ABSL_GUARDED_BY(mu_) = false;
  bool suspects_seen_ ABSL_GUARDED_BY(mu_) = false;
  std::size_t most_at_once_ ABSL_GUARDED_BY(mu_) = 0;
  std::deque<ClaimedJob> suspects_ ABSL_GUARDED_BY(mu_);
  std::deque<ClaimedJob> waiting_ ABSL_GUARDED_BY(mu_);
  std::vector<JobResult> finished_ ABSL_GUARDED_BY(mu_);
  std::vector<JobRetry> released_ ABSL_GUARDED_BY(mu_);
};

class NoBytes final : public OpenedSource {
 public:
  const ContentKey& key() const override { return key_; }

 private:
  ContentKey key_;
};

// A slot whose reading and rendering the test decides.
class FakeThumbnailer final : public Thumbnailer {
 public:
  std::function<ReadOutcome(absl::string_view)> read = [](absl::string_view) {
    return ReadOutcome{.stamp = FileStamp{}, .source = std::make_unique<NoBytes>(), .status = {}};
  };
  std::function<absl::StatusOr<Rendered>()> render = [] { return Rendered{}; };
  absl::Notification cancelled;
  int renders = 0;

  ReadOutcome Read(std::int64_t, absl::string_view path) override { return read(path); }
  absl::StatusOr<Rendered> Render(const OpenedSource&, absl::Span<const StoredRecipe>) override {
    ++renders;
    return render();
  }
  void Cancel() override {
    if (!cancelled.HasBeenNotified()) cancelled.Notify();
  }
};

class WorkerPoolTest : public testing::Test {
 protected:
  // Slots are set up before, and stay reachable while the pool lives.
  void Start(int slots, const std::function<void(FakeThumbnailer&)>& set_up = {}) {
    std::vector<std::unique_ptr<Thumbnailer>> thumbnailers;
    for (int i = 0; i < slots; ++i) {
      auto thumbnailer = std::make_unique<FakeThumbnailer>();
      if (set_up) set_up(*thumbnailer);
      slots_.push_back(thumbnailer.get());
      thumbnailers.push_back(std::move(thumbnailer));
    }
    pool_ = std::make_unique<WorkerPool>(
        WorkerPool::Options{.suspect_interval = suspect_interval_,
                            .share_patience = share_patience_,
                            .fence = fence_},
        queue_, counters_, [] { return std::vector<std::int64_t>{1}; },
        std::move(thumbnailers));
  }

  // The file "1" hangs while it is read, until `may_go_on`.
  void StartWithOneThatHangs(int slots, absl::Notification& may_go_on) {
    Start(slots, [&](FakeThumbnailer& slot) {
      slot.read = [&](absl::string_view path) {
        if (path == "1") may_go_on.WaitForNotification();
        return ReadOutcome{
            .stamp = FileStamp{}, .source = std::make_unique<NoBytes>(), .status = {}};
      };
    });
  }

  absl::Duration suspect_interval_ = absl::ZeroDuration();
  absl::Duration share_patience_ = absl::Milliseconds(1);
  const Fence* fence_ = nullptr;
  FakeQueue queue_;
  WorkCounters counters_;
  std::vector<FakeThumbnailer*> slots_;
  std::unique_ptr<WorkerPool> pool_;
};

TEST_F(WorkerPoolTest, EveryJobIsFinishedOnceAndClaimsStayWithinSlotsAndOne) {
  queue_.Add(200);
  Start(3);
  ASSERT_TRUE(queue_.AwaitEnded(200));
  std::map<std::int64_t, int> times;
  for (const JobResult& result : queue_.finished()) ++times[result.job.file_id];
  EXPECT_EQ(times.size(), 200u);
  pool_->Stop(kPatience);
  EXPECT_EQ(counters_.Read(absl::ZeroDuration()).completed_jobs, 200);
  // What waits to be stored is claimed too: one batch and a full channel at the most.
  EXPECT_LE(queue_.most_claimed(), 3 + 1 + 12 + 64);
}

TEST_F(WorkerPoolTest, ResultsShareATransactionWhileOthersAreInWork) {
  absl::Notification may_go_on;
  share_patience_ = absl::InfiniteDuration();
  queue_.Add(1 + 8);
  StartWithOneThatHangs(2, may_go_on);
  EXPECT_TRUE(queue_.AwaitEnded(8)) << "eight are enough";
  EXPECT_EQ(queue_.most_at_once(), 8u);
  may_go_on.Notify();
  EXPECT_TRUE(queue_.AwaitEnded(9)) << "the last one waits for nobody";
  pool_->Stop(kPatience);
}

TEST_F(WorkerPoolTest, AResultThatACallWaitsForIsStoredAtOnceAndTakesOthersWithIt) {
  absl::Notification may_go_on;
  share_patience_ = absl::InfiniteDuration();
  queue_.Add(2);
  queue_.AddAwaited();
  StartWithOneThatHangs(2, may_go_on);
  EXPECT_TRUE(queue_.AwaitEnded(2));
  may_go_on.Notify();
  pool_->Stop(kPatience);
}

TEST_F(WorkerPoolTest, AResultDoesNotWaitLongForOneThatHangs) {
  absl::Notification may_go_on;
  queue_.Add(2);
  share_patience_ = absl::Milliseconds(1);
  StartWithOneThatHangs(2, may_go_on);
  EXPECT_TRUE(queue_.AwaitEnded(1));
  may_go_on.Notify();
  pool_->Stop(kPatience);
}

TEST_F(WorkerPoolTest, AStopEndsTheWaitForMoreResults) {
  share_patience_ = absl::InfiniteDuration();
  suspect_interval_ = absl::InfiniteDuration();
  absl::Notification third_read;
  queue_.Add(4);
  Start(2, [&](FakeThumbnailer& slot) {
    slot.read = [&](absl::string_view path) {
      if (path == "3") third_read.Notify();
      if (path == "1" || path == "3") slot.cancelled.WaitForNotification();
      return ReadOutcome{.stamp = FileStamp{}, .source = std::make_unique<NoBytes>(), .status = {}};
    };
  });
  third_read.WaitForNotification();
  ASSERT_TRUE(queue_.AwaitClaimed(4));
  pool_->Stop(absl::ZeroDuration());
  EXPECT_EQ(queue_.finished().size() + queue_.released().size(), 4u);
  std::vector<std::string> handed_back;
  for (const JobRetry& retry : queue_.released()) handed_back.push_back(retry.job.path);
  EXPECT_THAT(handed_back, testing::Contains("4")) << "nobody began it";
}

TEST_F(WorkerPoolTest, ManySlotsShareTheirClaims) {
  constexpr int kSlots = 8;
  constexpr int kAhead = kSlots / 4;
  queue_.Add(100);
  absl::Mutex mu;
  int may_end = 0;
  const auto may = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu) { return may_end > 0; };
  Start(kSlots, [&](FakeThumbnailer& slot) {
    slot.render = [&]() -> absl::StatusOr<Rendered> {
      absl::MutexLock lock(&mu);
      mu.Await(absl::Condition(&may));
      --may_end;
      return Rendered{};
    };
  });
  const auto end_one = [&] {
    absl::MutexLock lock(&mu);
    ++may_end;
  };
  ASSERT_TRUE(queue_.AwaitClaimed(kSlots + kAhead));
  end_one();
  ASSERT_TRUE(queue_.AwaitEnded(1));
  end_one();
  ASSERT_TRUE(queue_.AwaitClaimed(kSlots + kAhead + 2));
  EXPECT_EQ(queue_.least_asked_for(), kAhead) << "not one by one";
  {
    absl::MutexLock lock(&mu);
    may_end = 1000;
  }
  ASSERT_TRUE(queue_.AwaitEnded(100));
  pool_->Stop(kPatience);
}

TEST_F(WorkerPoolTest, AReplicaThatMayNotWriteAnyMoreLeavesItsResultsAtTheEnd) {
  Fence fence;
  fence.OpenUntil(absl::InfiniteDuration());
  fence_ = &fence;
  queue_.Add(1);
  absl::Notification begun;
  absl::Notification may_end;
  Start(1, [&](FakeThumbnailer& slot) {
    slot.render = [&]() -> absl::StatusOr<Rendered> {
      begun.Notify();
      may_end.WaitForNotification();
      return Rendered{};
    };
  });
  begun.WaitForNotification();
  fence.Close();
  may_end.Notify();
  pool_->Stop(kPatience);
  EXPECT_TRUE(queue_.finished().empty());
  EXPECT_TRUE(queue_.released().empty());
}

TEST_F(WorkerPoolTest, AWakeUpIsEnoughToFindANewJob) {
  Start(1);
  queue_.Add(1);
  pool_->Wake();
  EXPECT_TRUE(queue_.AwaitEnded(1));
}

TEST_F(WorkerPoolTest, ResultsOutliveADatabaseThatIsAwayForAWhile) {
  queue_.FailNextFinishes(3);
  queue_.Add(1);
  Start(1);
  ASSERT_TRUE(queue_.AwaitEnded(1));
  EXPECT_EQ(queue_.finished().size(), 1u);
}

TEST_F(WorkerPoolTest, AFileThatChangedSinceItWasQueuedGoesBackUncharged) {
  queue_.Add(1);
  Start(1, [](FakeThumbnailer& slot) {
    slot.read = [](absl::string_view) {
      return ReadOutcome{.stamp = FileStamp{.size_bytes = 99}, .source = std::make_unique<NoBytes>(),
                         .status = {}};
    };
  });
  ASSERT_TRUE(queue_.AwaitEnded(1));
  ASSERT_EQ(queue_.released().size(), 1u);
  EXPECT_FALSE(queue_.released()[0].charge);
  pool_->Stop(kPatience);
  EXPECT_EQ(slots_[0]->renders, 0);
}

TEST_F(WorkerPoolTest, ACrashedDecoderGetsOneMoreTryAndThenAVerdict) {
  queue_.Add(1);
  Start(1, [](FakeThumbnailer& slot) {
    slot.render = [] { return WithReason(absl::AbortedError("signal 11"), "DECODER_CRASHED"); };
  });
  ASSERT_TRUE(queue_.AwaitEnded(1));
  ASSERT_EQ(queue_.finished().size(), 1u);
  ASSERT_TRUE(queue_.finished()[0].verdict.has_value());
  EXPECT_EQ(queue_.finished()[0].verdict->code, "DECODER_CRASHED");
  pool_->Stop(kPatience);
  EXPECT_EQ(slots_[0]->renders, 2);
  EXPECT_EQ(counters_.Read(absl::ZeroDuration()).failed_jobs, 1);
}

TEST_F(WorkerPoolTest, TroubleOfTheMomentIsRetriedWithAChargeAndNoVerdict) {
  queue_.Add(1);
  Start(1, [](FakeThumbnailer& slot) {
    slot.read = [](absl::string_view) {
      return ReadOutcome{.stamp = {}, .source = {}, .status = absl::UnavailableError("EIO")};
    };
  });
  ASSERT_TRUE(queue_.AwaitEnded(1));
  ASSERT_EQ(queue_.released().size(), 1u);
  EXPECT_TRUE(queue_.released()[0].charge);
}

TEST_F(WorkerPoolTest, ASuspectIsInWorkAlone) {
  queue_.Add(100);
  queue_.AddSuspects(5);
  Start(3, [&](FakeThumbnailer& slot) {
    slot.read = [&](absl::string_view path) {
      if (path == "101") queue_.AwaitClaimedBesideASuspect(kWatch);
      return ReadOutcome{.stamp = FileStamp{}, .source = std::make_unique<NoBytes>(), .status = {}};
    };
  });
  ASSERT_TRUE(queue_.AwaitEnded(105));
  EXPECT_FALSE(queue_.claimed_beside_a_suspect());
}

TEST_F(WorkerPoolTest, OthersHaveTheirTurnBeforeTheNextSuspect) {
  queue_.AddSuspects(5);
  queue_.Add(1);
  Start(3);
  ASSERT_TRUE(queue_.AwaitEnded(6));
  const std::vector<JobResult> finished = queue_.finished();
  EXPECT_EQ(finished[1].job.deaths, 0) << "the second is no suspect";
}

TEST_F(WorkerPoolTest, SuspectsFollowEachOtherAtOnceWhenNothingElseWaits) {
  suspect_interval_ = absl::InfiniteDuration();
  queue_.AddSuspects(5);
  Start(3);
  EXPECT_TRUE(queue_.AwaitEnded(5));
}

TEST_F(WorkerPoolTest, WhoRestsClaimsNoFurtherSuspect) {
  absl::Notification begun;
  absl::Notification may_go_on;
  queue_.AddSuspects(5);
  Start(1, [&](FakeThumbnailer& slot) {
    slot.read = [&](absl::string_view) {
      begun.Notify();
      may_go_on.WaitForNotification();
      return ReadOutcome{.stamp = FileStamp{}, .source = std::make_unique<NoBytes>(), .status = {}};
    };
  });
  begun.WaitForNotification();
  pool_->Rest();
  EXPECT_FALSE(pool_->AwaitRested(absl::ZeroDuration())) << "one is in work";
  may_go_on.Notify();
  EXPECT_TRUE(pool_->AwaitRested(kPatience));
  EXPECT_EQ(queue_.finished().size(), 1u) << "and stored";
  EXPECT_FALSE(queue_.AwaitClaimed(2, kWatch));
}

TEST_F(WorkerPoolTest, ASuspectThatWaitsForEmptyHandsIsLeftByWhoRestsMeanwhile) {
  absl::Notification may_go_on;
  queue_.Add(1);
  StartWithOneThatHangs(4, may_go_on);
  ASSERT_TRUE(queue_.AwaitClaimed(1));
  queue_.AddSuspects(1);
  pool_->Wake();
  ASSERT_TRUE(queue_.AwaitSuspectsSeen());
  pool_->Rest();
  may_go_on.Notify();
  EXPECT_TRUE(pool_->AwaitRested(kPatience));
  EXPECT_FALSE(queue_.AwaitClaimed(2, kWatch));
}

TEST_F(WorkerPoolTest, NothingIsClaimedBeforeTheFenceIsOpened) {
  Fence fence;
  fence_ = &fence;
  queue_.Add(1);
  Start(1);
  pool_->Wake();
  EXPECT_FALSE(queue_.AwaitClaimed(1, kWatch));
  fence.OpenUntil(absl::InfiniteDuration());
  ASSERT_TRUE(queue_.AwaitEnded(1));
}

TEST_F(WorkerPoolTest, NoResultIsStoredWhileTheFenceIsClosed) {
  Fence fence;
  fence.OpenUntil(absl::InfiniteDuration());
  fence_ = &fence;
  absl::Notification rendering;
  absl::Notification go_on;
  queue_.Add(1);
  Start(1, [&](FakeThumbnailer& slot) {
    slot.render = [&]() -> absl::StatusOr<Rendered> {
      rendering.Notify();
      go_on.WaitForNotification();
      return Rendered{};
    };
  });
  rendering.WaitForNotification();
  fence.Close();
  go_on.Notify();
  EXPECT_FALSE(queue_.AwaitEnded(1, kWatch));
  fence.OpenUntil(absl::InfiniteDuration());
  ASSERT_TRUE(queue_.AwaitEnded(1));
  EXPECT_EQ(queue_.finished().size(), 1u);
}

TEST_F(WorkerPoolTest, StopCancelsARenderThatHangsAndHandsItsJobBack) {
  absl::Notification rendering;
  queue_.Add(3);
  Start(1, [&](FakeThumbnailer& slot) {
    slot.render = [&]() -> absl::StatusOr<Rendered> {
      if (!rendering.HasBeenNotified()) rendering.Notify();
      slot.cancelled.WaitForNotification();
      return absl::CancelledError("stopping");
    };
  });
  rendering.WaitForNotification();
  pool_->Stop(absl::Milliseconds(10));
  // Whatever was claimed is handed back without a charge; nothing is lost, nothing finished.
  EXPECT_TRUE(queue_.finished().empty());
  EXPECT_GE(queue_.released().size(), 1u);
  for (const JobRetry& retry : queue_.released()) EXPECT_FALSE(retry.charge);
}

}  // namespace
}  // namespace hestia
